// What can go wrong with CBOR bytes, said for people. Pure values; touches nothing.

/// Why bytes could not be read, or a value could not be written, as CBOR (RFC 8949).
///
/// Errors about the bytes themselves carry the offset of the first byte of the item at fault, counted from the first byte
/// of the input. Errors about a value carry its coding path, outermost key first (`"members.2.name"`).
/// A value that does not fit the requested type is reported as `DecodingError`, as `Codable` types expect.
/// None is retryable: the same bytes and the same type fail again.
public enum CBORError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The input ends inside the item that starts at this offset, or the item claims more than the input holds.
  case truncated(at: Int)
  /// A complete item ends at this offset, but the input goes on.
  case trailingBytes(at: Int)
  /// The bytes break a rule of RFC 8949.
  case malformed(CBORMalformation, at: Int)
  /// Arrays, maps and tags are nested deeper than the limit.
  case tooDeep(limit: Int, at: Int)
  /// The input or output is longer than the limit, in bytes.
  case tooLarge(bytes: Int, limit: Int)
  /// An integer does not fit the requested type.
  case integerOverflow(type: String, path: String)
  /// A number cannot be represented exactly in the requested floating-point type.
  case inexactNumber(type: String, path: String)
  /// A map holds the same key twice. The path is that of the map.
  case duplicateKey(path: String)
  /// A simple value that has no meaning here stands where a value is needed.
  case unsupportedSimpleValue(UInt8, path: String)
  /// An `encode(to:)` broke the rules of `Encoder`: two kinds of container, two single values, or one used after its end.
  case encoderMisuse(path: String)
  /// An `init(from:)` kept its decoder and used it after the decoding had ended.
  case decoderMisuse

  /// Always false: trying again with the same input fails again.
  public var isRetryable: Bool { false }

  public var description: String {
    switch self {
    case .truncated(let offset):
      "CBOR input ends early: the item at byte \(offset) claims more than there is. Check that the whole message arrived."
    case .trailingBytes(let offset):
      "CBOR input goes on after its value, at byte \(offset). Pass exactly one value."
    case .malformed(let malformation, let offset):
      "malformed CBOR at byte \(offset): \(malformation.rawValue). The sender's encoder is wrong or the bytes are damaged."
    case .tooDeep(let limit, let offset):
      "CBOR at byte \(offset) is nested deeper than \(limit). Flatten the value or raise the limit."
    case .tooLarge(let bytes, let limit):
      "CBOR of \(bytes) bytes is longer than the limit of \(limit). Split the value or raise the limit."
    case .integerOverflow(let type, let path):
      "the integer at \(named(path)) does not fit \(type). The sender may use a wider type."
    case .inexactNumber(let type, let path):
      "the number at \(named(path)) has no exact representation as \(type). Use a wider type."
    case .duplicateKey(let path):
      "the map at \(named(path)) holds a key twice. Every key must be unique."
    case .unsupportedSimpleValue(let value, let path):
      "simple(\(value)) at \(named(path)) has no meaning here. Only false, true, null and undefined are understood."
    case .encoderMisuse(let path):
      "encode(to:) at \(named(path)) mixed kinds of container, wrote two single values, or wrote after its end."
    case .decoderMisuse:
      "a decoder was used after its decoding had ended. Read all that is needed within init(from:)."
    }
  }

  private func named(_ path: String) -> String { path.isEmpty ? "the top" : "\"\(path)\"" }
}

/// The rule of RFC 8949 that a malformed item breaks.
public enum CBORMalformation: String, Equatable, Sendable {
  case reservedInformation = "additional information 28 to 30 is reserved"
  case indefiniteNotAllowed = "this kind of item cannot have an indefinite length"
  case unexpectedBreak = "a break outside an item of indefinite length"
  case keyWithoutValue = "a map ends after a key without a value"
  case wrongChunk = "a chunk of a string has another type or an indefinite length"
  case invalidUTF8 = "a text string is not valid UTF-8"
  case invalidSimpleValue = "a simple value below 32 is encoded in two bytes"
}
