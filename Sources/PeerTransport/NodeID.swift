// The name of a node. Pure: touches nothing.

/// The name of a node or client, for example "north".
///
/// A valid name is one DNS label in lower case: 1–63 characters of a-z, 0-9 and -, neither first nor last a
/// -. The same rule holds for cluster names. Names from outside go through ``init(validating:)`` or
/// `Codable`, which check it.
public struct NodeID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  public let rawValue: String

  /// Nil when the text is no valid name.
  public init?(validating text: String) {
    guard Self.isValid(text) else { return nil }
    self.rawValue = text
  }

  /// Takes a name as it is, for names that are known to be valid, such as literals in configuration and
  /// tests. ``PeerTransport`` checks the names that it is given.
  public init(rawValue: String) { self.rawValue = rawValue }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard Self.isValid(text) else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "\"\(text)\": \(Self.rule)"))
    }
    self.rawValue = text
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  public var isValid: Bool { Self.isValid(rawValue) }
  public var description: String { rawValue }

  public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }

  /// The rule in words, for error messages.
  static let rule = "a name is 1 to 63 characters of a-z, 0-9 and -, neither first nor last a -"

  static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-")
    else {
      return false
    }
    return bytes.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: "-")
    }
  }
}
