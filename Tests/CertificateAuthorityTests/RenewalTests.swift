// Renewing: what is kept, what is new, what is refused, and that files are replaced as a whole.

import CertificateAuthority
import Foundation
import Testing

struct RenewalTests {
  private let day: TimeInterval = 86_400
  private let now = Date(timeIntervalSince1970: Double(Int(Date().timeIntervalSince1970)))

  private func made(_ directory: TestDirectory) throws {
    let authority = try AuthorityDirectory.create(cluster: "prod", path: directory.path, now: now)
    _ = try authority.issue(
      name: "north", role: .node, validFor: .seconds(10 * 86_400), now: now, hosts: ["pbx.example.com"])
  }

  @Test func aRenewedCertificateIsForTheSameHolderWithANewKey() throws {
    let directory = TestDirectory()
    try made(directory)
    let before = try directory.details("north.pem")
    let oldKey = try directory.text("north.key")
    let authority = try AuthorityDirectory(path: directory.path)
    _ = try authority.renew(
      name: "north", validFor: .seconds(100 * 86_400), now: now + 5 * day, hosts: ["10.0.0.7"])
    let after = try directory.details("north.pem")
    #expect(after.identityURI == "switchboard://prod/node/north" && after.identityURI == before.identityURI)
    #expect(after.hosts == before.hosts + ["10.0.0.7"] && before.hosts.contains("pbx.example.com"))
    #expect(after.notValidAfter == now + 105 * day && after.serial != before.serial)
    #expect(try directory.text("north.key") != oldKey)
    #expect(try directory.mode("north.key") == 0o600 && directory.mode("north.pem") == 0o644)
    #expect(directory.files == ["ca.key", "ca.pem", "crl.pem", "issued.jsonl", "north.key", "north.pem"])
    // Both are recorded: the old one is still valid, and can still be revoked.
    #expect(authority.records.map(\.serial) == [before.serial, after.serial])
    #expect(authority.records.allSatisfy { $0.name == "north" && $0.role == .node && $0.revokedAt == nil })
    if OpenSSL.path != nil {
      let files = ["-in", directory.path + "/north.key", "-pubout"]
      let key = try OpenSSL.run(["pkey"] + files).output
      let shown = try OpenSSL.run(["x509", "-in", directory.path + "/north.pem", "-noout", "-pubkey"]).output
      #expect(key == shown)
    }
  }

  @Test func theKeyIsKeptOnDemandUnlessItIsSpoiled() throws {
    let directory = TestDirectory()
    try made(directory)
    let key = try directory.text("north.key")
    let serial = try directory.details("north.pem").serial
    let authority = try AuthorityDirectory(path: directory.path)
    _ = try authority.renew(name: "north", validFor: .seconds(86_400), keepsKey: true, now: now)
    #expect(try directory.text("north.key") == key && directory.details("north.pem").serial != serial)
    let renewed = try directory.text("north.pem")

    try directory.setMode(0o644, "north.key")
    #expect(
      refusal {
        try authority.renew(name: "north", validFor: .seconds(86_400), keepsKey: true, now: now)
      }
        == .unsafePermissions(
          path: directory.path + "/north.key", mode: 0o644,
          advice: "chmod 600 \(directory.path)/north.key, and replace the key if others had access"))
    try directory.setMode(0o600, "north.key")
    _ = try authority.revoke(.name("north", nil), now: now)
    guard
      case .keyRevoked? = refusal({
        try authority.renew(name: "north", validFor: .seconds(86_400), keepsKey: true, now: now)
      })
    else {
      Issue.record("a revoked key was used again")
      return
    }
    #expect(try directory.text("north.pem") == renewed)
    // With a new key the holder is in again.
    let again = try authority.renew(name: "north", validFor: .seconds(86_400), now: now)
    #expect(try !authority.isRevoked(CertificateDetails(pem: again.certificatePEM, path: "").serial))
    // The key of another.
    let other = try authority.issue(name: "south", role: .node, validFor: .seconds(86_400), now: now)
    try directory.write(other.privateKeyPEM, "north.key")
    guard
      case .invalidFile(directory.path + "/north.key", _)? = refusal({
        try authority.renew(name: "north", validFor: .seconds(86_400), keepsKey: true, now: now)
      })
    else {
      Issue.record("a certificate for a key that the holder does not have")
      return
    }
  }

  @Test func onlyOwnCertificatesAreRenewedAndNothingIsTouchedOtherwise() throws {
    let directory = TestDirectory()
    try made(directory)
    let stranger = TestDirectory()
    let foreign = try AuthorityDirectory.create(cluster: "prod", path: stranger.path, now: now)
    _ = try foreign.issue(name: "south", role: .node, validFor: .seconds(86_400), now: now)
    let authority = try AuthorityDirectory(path: directory.path)
    let files = try directory.files.map { try directory.text($0) }
    func renew(_ name: String, _ output: String? = nil) -> CertificateAuthorityError? {
      refusal { try authority.renew(name: name, validFor: .seconds(86_400), now: now, output: output) }
    }
    guard case .fileMissing(directory.path + "/west.pem", _)? = renew("west"),
      case .invalidFile(stranger.path + "/south.pem", _)? = renew("south", stranger.path)
    else {
      Issue.record(
        "\(String(describing: renew("west"))) \(String(describing: renew("south", stranger.path)))")
      return
    }
    // Another's certificate under this name.
    try directory.write(try directory.text("north.pem"), "west.pem")
    guard case .invalidFile(directory.path + "/west.pem", _)? = renew("west") else {
      Issue.record("north's certificate was renewed as west's")
      return
    }
    try FileManager.default.removeItem(atPath: directory.path + "/west.pem")
    #expect(try directory.files.map { try directory.text($0) } == files)
    #expect(try authority.records.count == 1 && AuthorityDirectory.records(in: directory.path).count == 1)
  }

  @Test func aReplacedFileIsOldOrNewButNeverHalf() throws {
    let directory = TestDirectory()
    try made(directory)
    let authority = try AuthorityDirectory(path: directory.path)
    // A reader that has the old file open still reads all of it: the name goes to another file.
    let reader = try #require(FileHandle(forReadingAtPath: directory.path + "/north.pem"))
    let before = try directory.text("north.pem")
    _ = try authority.renew(name: "north", validFor: .seconds(86_400), now: now)
    #expect(try reader.readToEnd() == Data(before.utf8) && directory.text("north.pem") != before)
    #expect(!directory.files.contains { $0.hasSuffix(".new") })
    // A name that cannot be taken leaves everything as it was, and nothing behind.
    try FileManager.default.removeItem(atPath: directory.path + "/north.key")
    try FileManager.default.createDirectory(
      atPath: directory.path + "/north.key/in-use", withIntermediateDirectories: true)
    let kept = try directory.text("north.pem")
    guard
      case .fileFailed(directory.path + "/north.key", "replace", _)? = refusal({
        try authority.renew(name: "north", validFor: .seconds(86_400), now: now)
      })
    else {
      Issue.record("a directory was replaced by a key")
      return
    }
    #expect(try directory.text("north.pem") == kept && !directory.files.contains { $0.hasSuffix(".new") })
  }

  @Test func aReplacedKeyIsAsPrivateAsItShouldBe() throws {
    let directory = TestDirectory()
    try made(directory)
    let authority = try AuthorityDirectory(path: directory.path)
    // What others could read is theirs no more; what its owner made stricter stays so.
    for (before, after) in [(0o644, 0o600), (0o666, 0o600), (0o400, 0o400), (0o600, 0o600)] {
      try directory.setMode(before, "north.key")
      _ = try authority.renew(name: "north", validFor: .seconds(86_400), now: now)
      #expect(try directory.mode("north.key") == after)
    }
  }

  /// The node runs as somebody else than the person who renews its certificate.
  @Test(.enabled(if: getuid() == 0, "only root can give files away: this is not tried"))
  func aReplacedFileKeepsItsOwner() throws {
    let directory = TestDirectory()
    try made(directory)
    for file in ["north.key", "north.pem"] {
      #expect(chown(directory.path + "/" + file, 12_345, 54_321) == 0)
    }
    _ = try AuthorityDirectory(path: directory.path).renew(
      name: "north", validFor: .seconds(86_400), now: now)
    for (file, mode) in [("north.key", 0o600), ("north.pem", 0o644)] {
      let found = try FileManager.default.attributesOfItem(atPath: directory.path + "/" + file)
      #expect((found[.ownerAccountID] as? NSNumber)?.intValue == 12_345)
      #expect((found[.groupOwnerAccountID] as? NSNumber)?.intValue == 54_321)
      #expect(try directory.mode(file) == mode)
    }
  }

  @Test func oneAtATimeChangesAnAuthority() throws {
    let directory = TestDirectory()
    try made(directory)
    do {
      let first = try AuthorityDirectory(path: directory.path)
      #expect(refusal { try AuthorityDirectory(path: directory.path) } == .busy(path: directory.path))
      #expect(first.authority.cluster == "prod")
    }
    #expect(refusal { try AuthorityDirectory(path: directory.path) } == nil)
  }
}
