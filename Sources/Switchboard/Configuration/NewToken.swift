// Makes API tokens. Pure: randomness is a parameter.

package enum NewToken {
  /// So that scanners for leaked secrets recognize one.
  package static let prefix = "swb_"

  /// 256 random bits as hexadecimal digits, after the prefix.
  package static func random(using generator: inout some RandomNumberGenerator) -> String {
    prefix + (0..<4).map { _ in hex(generator.next()) }.joined()
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
