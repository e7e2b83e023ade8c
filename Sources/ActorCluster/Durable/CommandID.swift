// The identity of a command: a pure value.
internal import NodeStore

/// The session of one caller: 128 bits, random or derived from an idempotency key.
public struct SessionID: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The session that a text key (an HTTP `Idempotency-Key`) names: the same on every node. `scope` separates
  /// callers, so that one caller's key never meets another's.
  public init(derivedFrom key: String, scope: String) {
    let text = "\(scope.utf8.count):\(scope):\(key)"
    self.init(high: XXH64.hash(text.utf8, seed: 1), low: XXH64.hash(text.utf8, seed: 2))
  }

  public static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.high == rhs.high ? lhs.low < rhs.low : lhs.high < rhs.high
  }

  public var description: String { hex(high) + hex(low) }

  /// The session that `description` names.
  package init?(_ description: String) {
    guard description.utf8.count == 32, description.utf8.allSatisfy({ hexadecimalValue($0) != nil }),
      let high = UInt64(description.prefix(16), radix: 16),
      let low = UInt64(description.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  enum CodingKeys: Int, CodingKey {
    case high = 0
    case low = 1
  }
}

/// A command's id: a retry carries the same one, and has the same one effect and reply (promise P3).
public struct CommandID: Hashable, Codable, Sendable, CustomStringConvertible {
  public let session: SessionID
  public let sequence: UInt64

  public init(session: SessionID, sequence: UInt64) {
    self.session = session
    self.sequence = sequence
  }

  /// An id for a thing that this command creates, the same whenever the command is retried.
  /// - Parameter ordinal: tells apart several things that one command creates.
  public func derivedID(_ ordinal: UInt64 = 0) -> String {
    let text = "\(session)/\(sequence)/\(ordinal)"
    return hex(XXH64.hash(text.utf8, seed: 3)) + hex(XXH64.hash(text.utf8, seed: 4))
  }

  public var description: String { "\(session)#\(sequence)" }

  enum CodingKeys: Int, CodingKey {
    case session = 0
    case sequence = 1
  }
}

/// The value of one lower-case hexadecimal digit.
package func hexadecimalValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  default: nil
  }
}

/// Sixteen lower-case hexadecimal digits.
package func hex(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
