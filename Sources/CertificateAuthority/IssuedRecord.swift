// What an authority remembers of each certificate that it issued: one line of `issued.jsonl`. Pure.

public import Foundation
public import RevocationList

/// One certificate of an authority, whether or not its file is still there.
public struct IssuedRecord: Equatable, Sendable {
  public var serial: CertificateSerial
  /// Nil when only the serial number is known.
  public var name: String?
  public var role: CertificateRole?
  public var notValidBefore: Date?
  public var notValidAfter: Date?
  /// SHA-256 over the certificate: 64 hexadecimal digits.
  public var fingerprint: String?
  public var revokedAt: Date?

  /// A certificate of which nothing but its number is known.
  init(serial: CertificateSerial) { self.serial = serial }

  init(_ details: CertificateDetails) {
    serial = details.serial
    name = details.name
    role = details.role.flatMap(CertificateRole.init(rawValue:))
    // To the second, as in the certificate.
    notValidBefore = details.notValidBefore
    notValidAfter = details.notValidAfter
    fingerprint = details.fingerprint
  }

  /// Whether it needs to stand in a revocation list still: until a month after its end, for nodes with slow clocks.
  func isListed(at now: Date) -> Bool {
    guard revokedAt != nil else { return false }
    return notValidAfter.map { now < $0.addingTimeInterval(30 * 86_400) } ?? true
  }
}

extension IssuedRecord: Codable {
  private enum CodingKeys: String, CodingKey {
    case serial, name, role, notValidBefore, notValidAfter, fingerprint, revokedAt
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let text = try container.decode(String.self, forKey: .serial)
    guard let serial = CertificateSerial(hex: text) else {
      throw DecodingError.dataCorruptedError(
        forKey: .serial, in: container, debugDescription: "\"\(text)\" is no serial number")
    }
    self.serial = serial
    name = try container.decodeIfPresent(String.self, forKey: .name)
    role = try container.decodeIfPresent(CertificateRole.self, forKey: .role)
    notValidBefore = try container.decodeIfPresent(Date.self, forKey: .notValidBefore)
    notValidAfter = try container.decodeIfPresent(Date.self, forKey: .notValidAfter)
    fingerprint = try container.decodeIfPresent(String.self, forKey: .fingerprint)
    revokedAt = try container.decodeIfPresent(Date.self, forKey: .revokedAt)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(serial.description, forKey: .serial)
    try container.encodeIfPresent(name, forKey: .name)
    try container.encodeIfPresent(role, forKey: .role)
    try container.encodeIfPresent(notValidBefore, forKey: .notValidBefore)
    try container.encodeIfPresent(notValidAfter, forKey: .notValidAfter)
    try container.encodeIfPresent(fingerprint, forKey: .fingerprint)
    try container.encodeIfPresent(revokedAt, forKey: .revokedAt)
  }
}

/// The file of all records: a JSON object on each line, the oldest first.
enum IssuedFile {
  static func records(_ text: String, path: String) throws(CertificateAuthorityError) -> [IssuedRecord] {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    var records: [IssuedRecord] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      do {
        records.append(try decoder.decode(IssuedRecord.self, from: Data(line.utf8)))
      } catch {
        throw .invalidFile(path: path, detail: "line \(index + 1) is no record of a certificate: \(error)")
      }
    }
    return records
  }

  static func text(_ records: [IssuedRecord]) throws(CertificateAuthorityError) -> String {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var text = ""
    for record in records {
      let line = try CertificateAuthority.signing { try encoder.encode(record) }
      text += String(decoding: line, as: UTF8.self) + "\n"
    }
    return text
  }
}
