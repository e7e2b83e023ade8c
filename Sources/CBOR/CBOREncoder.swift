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
/// - Fastest are types whose keys are ascending integers, as they need no sorting.
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
    try withEncoded(value) { [UInt8]($0) }
  }

  /// Appends the value's deterministic encoding to bytes that are there already. The limits count the value alone.
  /// - Throws: as `encode(_:)`; the bytes are then as they were.
  public func encode(_ value: some Encodable, appendingTo bytes: inout [UInt8]) throws {
    try withEncoded(value) { bytes.append(contentsOf: $0) }
  }

  /// Encodes on the stack, as far as it has room; each part is small enough to be placed there.
  @inline(__always)
  private func withEncoded<T: Encodable, R>(
    _ value: T, _ body: (UnsafeRawBufferPointer) -> R
  ) throws -> R {
    try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { bytes in
      try withUnsafeTemporaryAllocation(of: EncodingFrame.self, capacity: 12) { frames in
        try withUnsafeTemporaryAllocation(of: EncodingEntry.self, capacity: 48) { entries in
          let buffer = EncodingBuffer(
            limits: limits, userInfo: userInfo, bytes: bytes, frames: frames, entries: entries)
          // The memory ends with this call; what a type may have kept must not reach it.
          defer { buffer.release() }
          try buffer.encode(value)
          return body(try buffer.finish())
        }
      }
    }
  }
}

/// What a value's `encode(to:)` sees: a place in the buffer, in the frame with this identity.
struct ItemEncoder: Encoder {
  let buffer: EncodingBuffer
  let frame: UInt64

  var codingPath: [any CodingKey] { buffer.codingPath(of: frame) }
  var userInfo: [CodingUserInfoKey: Any] { buffer.userInfo }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    buffer.become(.map, frame: frame, keyType: Key.self)
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
