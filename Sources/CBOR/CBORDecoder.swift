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
/// - Fastest is a map in the order of our own encoder whose type asks for its keys in that order, as one with ascending
///   integer keys does. Any other order costs an index of the map; the result is the same.
/// - A type must read all that it needs within `init(from:)`: its decoder is of no use afterwards
///   (`CBORError.decoderMisuse`).
public struct CBORDecoder: Sendable {
  public var limits: CBORLimits
  /// Passed on to `init(from:)`; distributed actors are decoded through it.
  public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

  public init(limits: CBORLimits = CBORLimits()) { self.limits = limits }

  /// Decodes the one value that fills `bytes`.
  /// - Throws: `CBORError` for bytes that are not CBOR or break a limit, `DecodingError` for CBOR that is not a `T`.
  public func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
    try bytes.withUnsafeBytes { try decode(type, from: $0) }
  }

  /// Decodes the one value that fills `bytes`, without copying it. Offsets in errors count from the slice's start.
  public func decode<T: Decodable>(_ type: T.Type, from bytes: ArraySlice<UInt8>) throws -> T {
    try bytes.withUnsafeBytes { try decode(type, from: $0) }
  }

  /// Decodes the one value that fills `bytes`, without copying it. The memory is read during the call only: no part of the
  /// result refers to it.
  public func decode<T: Decodable>(_ type: T.Type, from bytes: UnsafeRawBufferPointer) throws -> T {
    let input = CBORInput(bytes)
    var shape = try input.checkWhole(limits)
    if shape.isDefinite { return try decode(type, from: input, shape) }
    // What the check found out about the order of keys does not hold for the other form.
    (shape.isDefinite, shape.isOrdered) = (true, false)
    return try DefiniteForm.rewrite(input).withUnsafeBytes {
      try decode(type, from: CBORInput($0), shape)
    }
  }

  private func decode<T: Decodable>(_ type: T.Type, from input: CBORInput, _ shape: InputShape) throws -> T {
    try withUnsafeTemporaryAllocation(of: ReadingCursor.self, capacity: shape.depth) { cursors in
      cursors.initialize(repeating: ReadingCursor())
      let session = DecodingSession(input: input, shape: shape, cursors: cursors, userInfo: userInfo)
      // The memory of both ends with this call; what a type may have kept must not reach it.
      defer { session.close() }
      return try session.decode(type, at: 0, depth: 0)
    }
  }
}

/// What a value's `init(from:)` sees: the item at an index of the input, and how many keys lead to it.
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
