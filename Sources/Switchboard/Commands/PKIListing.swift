// The certificates of a directory or a file as text and as JSON. Reads files; what it says of them is pure.
internal import CertificateAuthority
package import Foundation
internal import RevocationList

package struct PKIListing: Encodable, Equatable, Sendable {
  package struct Certificate: Encodable, Equatable, Sendable {
    /// Nil for one that the authority issued and that is in another place, or replaced.
    package var file: String?
    package var identity: String?
    package var cluster: String?
    package var role: String?
    package var name: String?
    package var subject: String?
    package var serial: String
    package var notValidBefore: Date?
    package var notValidAfter: Date?
    /// Whole days; below 0 when it is over.
    package var daysLeft: Int?
    /// SHA-256 over the certificate, hexadecimal.
    package var fingerprint: String?
    /// Nil when there is no list to ask.
    package var isRevoked: Bool?
    package var revokedAt: Date?
  }

  /// `crl.pem`
  package struct List: Encodable, Equatable, Sendable {
    package var file: String
    package var number: UInt64
    package var nextUpdate: Date?
    package var revoked: Int
  }

  package var certificates: [Certificate] = []
  package var lists: [List] = []
  /// What is not as it should be, in words.
  package var problems: [String] = []

  /// - Parameter listPath: nil for `crl.pem` beside the certificates, if there is one.
  package static func read(_ path: String, listPath: String?, now: Date) throws -> PKIListing {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CertificateAuthorityError.fileMissing(
        path: path, advice: "name a directory with certificates, or the file of one")
    }
    var listing = PKIListing()
    let directory = isDirectory.boolValue ? path : (path as NSString).deletingLastPathComponent
    let revoked = try listing.readLists(directory, listPath)
    if isDirectory.boolValue {
      try listing.readDirectory(path, now)
    } else {
      let found = CertificateDetails.all(pem: try text(path))
      guard !found.isEmpty else {
        throw CertificateAuthorityError.invalidFile(
          path: path, detail: "it holds no certificate in PEM form")
      }
      listing.certificates = found.map { Certificate($0, file: path, now: now) }
    }
    for index in listing.certificates.indices where listing.certificates[index].revokedAt != nil {
      listing.certificates[index].isRevoked = true
    }
    if let revoked {
      for index in listing.certificates.indices {
        let at = revoked[listing.certificates[index].serial]
        let recorded = listing.certificates[index].revokedAt
        if at == nil, recorded != nil {
          listing.problems.append(
            "serial \(listing.certificates[index].serial) is recorded as revoked and not on the list: switchboard pki revoke --refresh"
          )
        }
        listing.certificates[index].isRevoked = at != nil || recorded != nil
        listing.certificates[index].revokedAt = recorded ?? at
      }
    }
    return listing
  }

  private mutating func readDirectory(_ path: String, _ now: Date) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    for name in names where name.hasSuffix(".pem") {
      guard let text = try? Self.text(path + "/" + name) else {
        problems.append("\(path)/\(name) cannot be read")
        continue
      }
      let found = CertificateDetails.all(pem: text)
      if found.isEmpty, (try? RevocationList.parse(pem: text)) == nil {
        problems.append("\(path)/\(name) holds no certificate: was it damaged?")
      }
      certificates += found.map { Certificate($0, file: name, now: now) }
    }
    for name in names where name.hasSuffix(".key") {
      let look = FileView.system.look(path + "/" + name)
      if case .file(let mode, _) = look, look.isExposed {
        problems.append(
          "\(path)/\(name) has mode \(String(mode, radix: 8)), which lets others read the key: chmod 600 it, and renew the certificate with a new key if others had access"
        )
      }
    }
    for record in try AuthorityDirectory.records(in: path) {
      if let index = certificates.firstIndex(where: { $0.serial == record.serial.description }) {
        certificates[index].revokedAt = record.revokedAt
      } else {
        certificates.append(Certificate(record, now: now))
      }
    }
  }

  /// When each revoked certificate was, by its serial number; nil when there is no list.
  private mutating func readLists(_ directory: String, _ given: String?) throws -> [String: Date]? {
    let path = given ?? (directory.isEmpty ? "crl.pem" : directory + "/crl.pem")
    guard given != nil || FileManager.default.fileExists(atPath: path) else { return nil }
    let found: [RevocationList]
    do {
      found = try RevocationList.parse(pem: try Self.text(path))
    } catch let error as RevocationListError {
      throw CertificateAuthorityError.invalidFile(path: path, detail: error.description)
    }
    let authorityPath = directory.isEmpty ? "ca.pem" : directory + "/ca.pem"
    let authority = try? Self.text(authorityPath)
    var revoked: [String: Date] = [:]
    for list in found {
      if let authority, let problem = CertificateDetails.problem(of: list, authorityPEM: authority) {
        problems.append("\(path) does not fit \(authorityPath): \(problem)")
        continue
      }
      if authority == nil {
        problems.append("\(path) is not verified: there is no ca.pem beside the certificates")
      }
      lists.append(
        List(
          file: path, number: list.number, nextUpdate: list.nextUpdate.map(Self.date),
          revoked: list.entries.count))
      for entry in list.entries { revoked[entry.serial.description] = Self.date(entry.revokedAt) }
    }
    return revoked
  }

  private static func date(_ seconds: Int64) -> Date { Date(timeIntervalSince1970: TimeInterval(seconds)) }

  private static func text(_ path: String) throws -> String {
    switch FileView.system.read(path) {
    case .success(let text): return text
    case .failure(let failure):
      throw CertificateAuthorityError.fileFailed(path: path, operation: "read", reason: failure.reason)
    }
  }
}

extension PKIListing.Certificate {
  fileprivate init(_ details: CertificateDetails, file: String, now: Date) {
    self.file = file
    identity = details.identityURI
    cluster = details.cluster
    role = details.role
    name = details.name
    subject = details.subject
    serial = details.serial.description
    notValidBefore = details.notValidBefore
    notValidAfter = details.notValidAfter
    daysLeft = Self.days(until: details.notValidAfter, now)
    fingerprint = details.fingerprint
  }

  fileprivate init(_ record: IssuedRecord, now: Date) {
    role = record.role?.rawValue
    name = record.name
    serial = record.serial.description
    notValidBefore = record.notValidBefore
    notValidAfter = record.notValidAfter
    daysLeft = record.notValidAfter.map { Self.days(until: $0, now) }
    fingerprint = record.fingerprint
    revokedAt = record.revokedAt
  }

  private static func days(until end: Date, _ now: Date) -> Int {
    Int((end.timeIntervalSince(now) / 86_400).rounded(.down))
  }
}
