// Revocation: which certificates are meant, and the signed list of them. Touches the file system; never a clock.

public import Foundation
public import RevocationList

extension AuthorityDirectory {
  /// Which certificates are meant.
  public enum Selection: Sendable {
    /// Every certificate of that name that has not expired, of one role or of any.
    case name(String, CertificateRole?)
    case serial(CertificateSerial)
    /// The one in a file.
    case file(String)
  }

  /// Records certificates as revoked, and signs a new list. Those that are revoked already stay as they are.
  /// - Returns: the certificates that are meant.
  public func revoke(
    _ selection: Selection, listValidFor lifetime: Duration = AuthorityDirectory.defaultListLifetime,
    now: Date
  ) throws(CertificateAuthorityError) -> [IssuedRecord] {
    let serials = try self.serials(selection, now: now)
    for serial in serials {
      if let index = records.firstIndex(where: { $0.serial == serial }) {
        records[index].revokedAt = records[index].revokedAt ?? now
      } else {
        var unknown = IssuedRecord(serial: serial)
        unknown.revokedAt = now
        records.append(unknown)
      }
    }
    try writeRecords()
    try signList(validFor: lifetime, now: now)
    return records.filter { serials.contains($0.serial) }
  }

  /// Signs the list anew with the next number, as it must be before its time is over.
  public func signList(
    validFor lifetime: Duration = AuthorityDirectory.defaultListLifetime, now: Date
  ) throws(CertificateAuthorityError) {
    // Without the last list nobody knows its number; seconds are more than any count of lists.
    let next = list.map { $0.number &+ 1 } ?? UInt64(max(1, now.timeIntervalSince1970))
    try signList(number: next, validFor: lifetime, now: now)
  }

  public func isRevoked(_ serial: CertificateSerial) -> Bool {
    records.contains { $0.serial == serial && $0.revokedAt != nil }
      || list?.entries.contains { $0.serial == serial } == true
  }

  func signList(
    number: UInt64, validFor lifetime: Duration = AuthorityDirectory.defaultListLifetime, now: Date
  ) throws(CertificateAuthorityError) {
    let entries = records.filter { $0.isListed(at: now) }.map { record in
      RevocationList.Entry(
        serial: record.serial, revokedAt: Int64((record.revokedAt ?? now).timeIntervalSince1970))
    }
    let signed = try authority.revocationList(
      number: number, entries: entries, validFor: lifetime, now: now)
    try NewFile.replace([(listPath, signed.pem, 0o644)])
    list = signed
  }

  private func serials(
    _ selection: Selection, now: Date
  ) throws(CertificateAuthorityError) -> [CertificateSerial] {
    switch selection {
    case .serial(let serial): return [serial]
    case .file(let path):
      let text = try NewFile.read(path, advice: "name the file of a certificate")
      let certificate = try CertificateDetails.certificate(pem: text, path: path)
      guard authority.hasIssued(certificate) else {
        throw .invalidFile(
          path: path,
          detail: "the authority in \(self.path) did not issue it, and can revoke only what it issued")
      }
      let record = IssuedRecord(CertificateDetails(certificate))
      if !records.contains(where: { $0.serial == record.serial }) { records.append(record) }
      return [record.serial]
    case .name(let name, let role):
      let found = records.filter { record in
        record.name == name && (role == nil || record.role == role)
          && record.notValidAfter.map { $0 > now } ?? true
      }
      guard !found.isEmpty else {
        throw .noSuchCertificate(
          "certificate of \"\(name)\" in \(recordsPath) that has not expired",
          advice: "see switchboard pki show \(path), or revoke it by its file or its serial number")
      }
      return found.map(\.serial)
    }
  }
}
