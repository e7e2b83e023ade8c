// The public encoder: a `Codable` value in, bytes out. Touches nothing else.

/// Encodes `Encodable` values as CBOR with the core deterministic encoding requirements of RFC 8949 §4.2.1: equal values
/// give equal bytes on every machine.
///
/// - Integers and lengths take their shortest form, floating-point numbers the shortest of half, single and double
///   precision with the same value (every NaN is `f97e00`), and map keys are sorted by their encoded bytes.
/// - `[UInt8]` becomes a byte string; other arrays become arrays.
/// - A coding key with an integer is written as that integer, else as text.
/// - A `Set`, and a dictionary whose keys are neither strings nor integers (an array of keys and values), are sorted by
///   their encoded bytes, as their own order differs from run to run.
/// - Nothing is written that a decoder with the same limits would refuse.
public struct CBOREncoder: Sendable {
  public var limits: CBORLimits
  /// Passed on to `encode(to:)`.
  public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

  public init() { limits = CBORLimits() }
  public init(limits: CBORLimits) { self.limits = limits }

  /// The value's deterministic encoding.
  /// - Throws: `EncodingError` for a value that CBOR cannot hold, `CBORError` past a limit, for a map with the same key
  ///   twice, or for an `encode(to:)` that breaks the rules, and whatever the value's own `encode(to:)` throws.
  public func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
    let buffer = EncodingBuffer(session: EncodingSession(limits: limits, userInfo: userInfo))
    try buffer.encode(value)
    return try buffer.finish()
  }
}

/// What a value's `encode(to:)` sees: a place in the buffer, in the frame with this identity.
struct ItemEncoder: Encoder {
  let buffer: EncodingBuffer
  let frame: UInt64

  var codingPath: [any CodingKey] { buffer.codingPath(of: frame) }
  var userInfo: [CodingUserInfoKey: Any] { buffer.session.userInfo }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    buffer.become(.map, frame: frame)
    return KeyedEncodingContainer(KeyedWriter<Key>(buffer: buffer, frame: frame))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    buffer.become(.array, frame: frame)
    return UnkeyedWriter(buffer: buffer, frame: frame)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    buffer.become(.single, frame: frame)
    return SingleWriter(buffer: buffer, frame: frame)
  }
}
