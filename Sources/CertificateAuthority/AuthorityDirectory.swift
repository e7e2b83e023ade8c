// The directory of an authority: its key, what it issued, what it revoked. Touches the file system; never a clock.

internal import Crypto
public import Foundation
public import RevocationList
internal import X509

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// `ca.pem`, `ca.key`, `issued.jsonl` (a record of each certificate) and `crl.pem` (the signed list of the revoked ones).
///
/// Guarantees: one process at a time changes the files; each file is replaced as a whole; a certificate is recorded before
/// its file appears, so that none exists that cannot be revoked.
public final class AuthorityDirectory {
  /// How long a revocation list says that it is good for. Nodes raise an alarm before its end, and go on after it.
  public static let defaultListLifetime: Duration = .seconds(366 * 86_400)

  public let path: String
  public let authority: CertificateAuthority
  /// Every certificate that is known, the oldest first; those are added whose files are in the directory.
  public internal(set) var records: [IssuedRecord]
  /// The list in force; nil when there is none yet.
  public internal(set) var list: RevocationList?
  private let lock: Int32

  var recordsPath: String { path + "/issued.jsonl" }
  /// Where the list is. Nodes need a copy of it.
  public var listPath: String { path + "/crl.pem" }

  /// Makes a new authority with an empty revocation list. Nothing is ever overwritten.
  public static func create(
    cluster: String, path: String, validFor lifetime: Duration = CertificateAuthority.defaultLifetime,
    now: Date
  ) throws(CertificateAuthorityError) -> AuthorityDirectory {
    let authority = try CertificateAuthority.create(cluster: cluster, validFor: lifetime, now: now)
    try NewFile.refuseExisting(["crl.pem", "issued.jsonl"].map { path + "/" + $0 })
    try authority.write(to: path)
    let directory = try AuthorityDirectory(path: path)
    try directory.signList(number: 1, now: now)
    return directory
  }

  /// Opens the directory of an authority and keeps others out until this value is gone.
  /// - Throws: ``CertificateAuthorityError`` when the authority cannot be loaded (see ``CertificateAuthority/load(directory:)``),
  ///   a file is damaged, or another process is at work.
  public init(path: String) throws(CertificateAuthorityError) {
    let authority = try CertificateAuthority.load(directory: path)
    let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else { throw NewFile.failure("open", path) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let isTaken = errno == EWOULDBLOCK
      let error = NewFile.failure("lock", path)
      _ = close(lock)
      throw isTaken ? .busy(path: path) : error
    }
    do {
      let list = try Self.list(path, authority)
      records = Self.merged(try Self.records(path, authority), with: list)
      self.list = list
    } catch {
      _ = close(lock)
      throw error
    }
    self.path = path
    self.authority = authority
    self.lock = lock
  }

  deinit { _ = close(lock) }

  // MARK: issue and renew

  /// Issues a certificate and writes its files, as ``IssuedCertificate/write(to:)`` does.
  /// - Parameter output: where its files go; nil for the authority's directory.
  public func issue(
    name: String, role: CertificateRole, validFor lifetime: Duration, now: Date, hosts: [String] = [],
    output: String? = nil
  ) throws(CertificateAuthorityError) -> IssuedCertificate {
    let issued = try authority.issue(
      name: name, role: role, validFor: lifetime, now: now, extraDNSNames: hosts)
    let place = output ?? path
    try NewFile.refuseExisting(["\(place)/\(name).pem", "\(place)/\(name).key"])
    try record(issued)
    try issued.write(to: place)
    return issued
  }

  /// Issues a certificate for the same name, role and hosts as the one in `<name>.pem`, and replaces the files with it. The old
  /// certificate stays valid until it expires or is revoked.
  ///
  /// With a new key, which is the safer choice and the default, `<name>.key` and `<name>.pem` are replaced one right after the
  /// other; a crash between the two leaves a pair that does not fit, and renewing once more repairs that.
  /// - Parameters:
  ///   - output: where its files are; nil for the authority's directory.
  ///   - keepsKey: the key stays, and only `<name>.pem` is replaced.
  ///   - hosts: more host names than the old one has.
  public func renew(
    name: String, validFor lifetime: Duration, keepsKey: Bool = false, now: Date, hosts: [String] = [],
    output: String? = nil
  ) throws(CertificateAuthorityError) -> IssuedCertificate {
    let place = output ?? path
    let certificatePath = "\(place)/\(name).pem"
    let keyPath = "\(place)/\(name).key"
    try PrivateDirectory.prepare(place)
    let text = try NewFile.read(
      certificatePath,
      advice:
        "only a certificate that is there can be renewed; issue a new one (switchboard pki issue), or name the directory that has it (--output)"
    )
    let old = try CertificateDetails.certificate(pem: text, path: certificatePath)
    let details = CertificateDetails(old)
    guard authority.hasIssued(old), details.cluster == authority.cluster, details.name == name,
      let role = details.role.flatMap(CertificateRole.init(rawValue:))
    else {
      throw .invalidFile(
        path: certificatePath,
        detail: "it is not a certificate of \"\(name)\" that the authority in \(path) issued")
    }
    var key = P256.Signing.PrivateKey()
    if keepsKey {
      guard !isRevoked(details.serial) else {
        throw .keyRevoked(path: certificatePath, serial: "\(details.serial)")
      }
      key = try Self.key(keyPath, of: old, certificatePath)
    }
    let issued = try authority.issue(
      name: name, role: role, validFor: lifetime, now: now, extraDNSNames: details.hosts + hosts,
      holderKey: key)
    try record(issued)
    var files: [(path: String, text: String, mode: mode_t)] = [
      (certificatePath, issued.certificatePEM, 0o644)
    ]
    if !keepsKey { files.insert((keyPath, issued.privateKeyPEM, 0o600), at: 0) }
    try NewFile.replace(files)
    return issued
  }

  // MARK: files

  private func record(_ issued: IssuedCertificate) throws(CertificateAuthorityError) {
    records.append(
      IssuedRecord(try CertificateDetails(pem: issued.certificatePEM, path: "\(issued.name).pem")))
    try writeRecords()
  }

  func writeRecords() throws(CertificateAuthorityError) {
    try NewFile.replace([(recordsPath, try IssuedFile.text(records), 0o644)])
  }

  private static func key(
    _ path: String, of certificate: Certificate, _ certificatePath: String
  ) throws(CertificateAuthorityError) -> P256.Signing.PrivateKey {
    let text = try NewFile.read(path, advice: "renew without --keep-key, which makes a new one")
    try NewFile.requirePrivate(path)
    guard let key = try? P256.Signing.PrivateKey(pemRepresentation: text) else {
      throw .invalidFile(path: path, detail: "it holds no P-256 private key in PEM form")
    }
    guard Certificate.PublicKey(key.publicKey) == certificate.publicKey else {
      throw .invalidFile(
        path: path, detail: "it is not the key of \(certificatePath): renew without --keep-key")
    }
    return key
  }

  /// What the authority in a directory has issued, read without its key and without keeping others out; nothing where there
  /// is no record.
  public static func records(in path: String) throws(CertificateAuthorityError) -> [IssuedRecord] {
    let file = path + "/issued.jsonl"
    guard NewFile.exists(file) else { return [] }
    return try IssuedFile.records(try NewFile.read(file, advice: ""), path: file)
  }

  private static func records(
    _ path: String, _ authority: CertificateAuthority
  ) throws(CertificateAuthorityError) -> [IssuedRecord] {
    var records = try Self.records(in: path)
    // Those of a directory that is older than the record, or whose record was lost.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names.sorted() where name.hasSuffix(".pem") && name != "ca.pem" {
      guard let text = try? NewFile.read(path + "/" + name, advice: ""),
        let certificate = try? CertificateDetails.certificate(pem: text, path: name),
        authority.hasIssued(certificate)
      else { continue }
      let found = IssuedRecord(CertificateDetails(certificate))
      if found.name != nil, !records.contains(where: { $0.serial == found.serial }) { records.append(found) }
    }
    return records
  }

  /// What was revoked stays revoked, also when the record of it was lost.
  private static func merged(_ records: [IssuedRecord], with list: RevocationList?) -> [IssuedRecord] {
    var records = records
    for entry in list?.entries ?? [] {
      let revokedAt = Date(timeIntervalSince1970: TimeInterval(entry.revokedAt))
      if let index = records.firstIndex(where: { $0.serial == entry.serial }) {
        records[index].revokedAt = records[index].revokedAt ?? revokedAt
      } else {
        var unknown = IssuedRecord(serial: entry.serial)
        unknown.revokedAt = revokedAt
        records.append(unknown)
      }
    }
    return records
  }

  private static func list(
    _ path: String, _ authority: CertificateAuthority
  ) throws(CertificateAuthorityError) -> RevocationList? {
    let file = path + "/crl.pem"
    guard NewFile.exists(file) else { return nil }
    let lists: [RevocationList]
    do {
      lists = try RevocationList.parse(pem: try NewFile.read(file, advice: ""))
    } catch let error as CertificateAuthorityError {
      throw error
    } catch {
      throw .invalidFile(path: file, detail: "\(error)")
    }
    guard let list = lists.first, authority.problem(of: list) == nil else {
      throw .invalidFile(
        path: file,
        detail: "it is not the revocation list of this authority: move it away, and sign a new one")
    }
    return list
  }
}
