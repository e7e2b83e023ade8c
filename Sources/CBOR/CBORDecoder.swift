// The public decoder: bytes in, a `Codable` value out. Touches nothing else.

/// Decodes `Decodable` values from CBOR (RFC 8949), from any sender and whatever the bytes are.
///
/// - The input is checked once as a whole (well-formed, valid UTF-8, within the limits) before anything is decoded. No
///   count is believed before the bytes that it claims are there, so memory and time stay in proportion to the input.
/// - Integers of any width, half, single and double precision, indefinite lengths and tags are understood; a tag is
///   skipped and its content decoded. `undefined` reads as nil, as `null` does.
/// - A floating-point type takes a number of any kind that it represents exactly. An integer type takes integers only.
/// - `[UInt8]` is read from byte strings only.
/// - A coding key with an integer is looked up as that integer, then as its text. Unknown keys are skipped. A map that
///   is decoded must not hold a key twice.
public struct CBORDecoder: Sendable {
  public var limits: CBORLimits
  /// Passed on to `init(from:)`; distributed actors are decoded through it.
  public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

  public init(limits: CBORLimits = CBORLimits()) { self.limits = limits }

  /// Decodes the one value that fills `bytes`.
  /// - Throws: `CBORError` for bytes that are not CBOR or break a limit, `DecodingError` for CBOR that is not a `T`.
  public func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
    try decode(type, from: bytes[...])
  }

  /// Decodes the one value that fills `bytes`, without copying it. Offsets in errors count from the slice's start.
  public func decode<T: Decodable>(_ type: T.Type, from bytes: ArraySlice<UInt8>) throws -> T {
    var input = CBORInput(bytes: bytes)
    if try !input.checkWhole(limits).isDefinite {
      input = CBORInput(bytes: try DefiniteForm.rewrite(input)[...])
    }
    let session = DecodingSession(input: input, userInfo: userInfo)
    return try session.decode(type, at: input.bytes.startIndex)
  }
}

/// What a value's `init(from:)` sees: the item at an index of the input.
struct ItemDecoder: Decoder {
  let session: DecodingSession
  let index: Int
  let depth: Int

  var codingPath: [any CodingKey] { session.codingPath(depth) }
  var userInfo: [CodingUserInfoKey: Any] { session.userInfo }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(try KeyedReader<Key>(self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try UnkeyedReader(self) }

  func singleValueContainer() -> any SingleValueDecodingContainer { SingleReader(item: self) }
}
