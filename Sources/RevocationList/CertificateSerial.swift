// The serial number of a certificate. Pure: touches nothing.

/// A serial number as its authority chose it: unsigned, without leading zeros, whoever wrote it down.
public struct CertificateSerial: Hashable, Sendable, CustomStringConvertible {
  /// Big-endian.
  public let bytes: [UInt8]

  /// - Parameter bytes: big-endian; leading zeros do not count.
  public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes.drop { $0 == 0 }) }

  /// Reads what ``description`` and OpenSSL write: hexadecimal digits in any case, with or without colons.
  public init?(hex: String) {
    let digits = hex.filter { $0 != ":" }
    guard !digits.isEmpty, digits.utf8.count <= 2 * 20 else { return nil }
    let padded = digits.utf8.count.isMultiple(of: 2) ? digits : "0" + digits
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in padded {
      guard digit.isASCII, let value = digit.hexDigitValue else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(value))
        high = nil
      } else {
        high = UInt8(value)
      }
    }
    self.init(bytes: bytes)
  }

  /// Two lower-case digits for each byte, without colons.
  public var description: String {
    if bytes.isEmpty { return "00" }
    return bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
  }
}
