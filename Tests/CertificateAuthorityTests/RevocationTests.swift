// Revoking: the record, the signed list, and what OpenSSL says about it.

import CertificateAuthority
import Foundation
import RevocationList
import Testing

struct RevocationTests {
  private let now = Date(timeIntervalSince1970: Double(Int(Date().timeIntervalSince1970)))

  private func made(_ directory: TestDirectory, _ names: [String] = ["north", "south"]) throws
    -> AuthorityDirectory
  {
    let authority = try AuthorityDirectory.create(cluster: "prod", path: directory.path, now: now)
    for name in names {
      _ = try authority.issue(name: name, role: .node, validFor: .seconds(10 * 86_400), now: now)
    }
    return authority
  }

  private func list(_ directory: TestDirectory) throws -> RevocationList {
    try #require(try RevocationList.parse(pem: try directory.text("crl.pem")).first)
  }

  @Test func aNewAuthorityHasAnEmptyListThatItSigned() throws {
    let directory = TestDirectory()
    let authority = try made(directory)
    let found = try list(directory)
    #expect(found.number == 1 && found.entries == [] && authority.authority.problem(of: found) == nil)
    #expect(found.thisUpdate == Int64(now.timeIntervalSince1970))
    #expect(found.nextUpdate == Int64(now.timeIntervalSince1970) + 366 * 86_400)
    #expect(try directory.mode("crl.pem") == 0o644)
  }

  @Test func revokedByNameIsEveryCertificateOfThatNameThatLives() throws {
    let directory = TestDirectory()
    var authority: AuthorityDirectory? = try made(directory)
    let first = try directory.details("north.pem").serial
    _ = try authority?.renew(name: "north", validFor: .seconds(20 * 86_400), now: now)
    let second = try directory.details("north.pem").serial
    let client = try authority?.issue(
      name: "north", role: .client, validFor: .seconds(86_400), now: now, output: directory.path + "/client")
    // Nodes only: the client of the same name stays.
    let revoked = try authority?.revoke(.name("north", .node), now: now + 60)
    #expect(revoked?.map(\.serial) == [first, second] && client != nil)
    #expect(try list(directory).serials == [first, second] && list(directory).number == 2)
    #expect(try list(directory).entries.allSatisfy { $0.revokedAt == Int64(now.timeIntervalSince1970) + 60 })
    // The record and the list survive.
    authority = nil
    let again = try AuthorityDirectory(path: directory.path)
    #expect(again.isRevoked(first) && again.isRevoked(second))
    #expect(try !again.isRevoked(directory.details("south.pem").serial))
    // Twice is once: the time stays.
    #expect(try again.revoke(.name("north", .node), now: now + 90).allSatisfy { $0.revokedAt == now + 60 })
    #expect(try list(directory).number == 3 && list(directory).entries.count == 2)
    // After their end they are no longer in anybody's way, by name or on the list.
    guard
      case .noSuchCertificate? = refusal({ try again.revoke(.name("south", nil), now: now + 11 * 86_400) })
    else {
      Issue.record("an expired certificate was revoked by name")
      return
    }
    try again.signList(now: now + 45 * 86_400)
    #expect(try list(directory).serials == [second])
  }

  @Test func revokedBySerialOrFile() throws {
    let directory = TestDirectory()
    let authority = try made(directory)
    let south = try directory.details("south.pem").serial
    let typed = try #require(
      CertificateSerial(
        hex: south.description.uppercased().enumerated().map { $0 % 2 == 1 ? "\($1):" : "\($1)" }
          .joined()))
    #expect(try authority.revoke(.serial(typed), now: now).map(\.name) == ["south"])
    #expect(try authority.revoke(.file(directory.path + "/north.pem"), now: now).map(\.name) == ["north"])
    // A number that was lost with its record; one of another authority's certificates.
    let unknown = try #require(CertificateSerial(hex: "0102030405"))
    #expect(try authority.revoke(.serial(unknown), now: now).map(\.name) == [nil])
    #expect(try list(directory).entries.count == 3)
    let stranger = TestDirectory()
    _ = try AuthorityDirectory.create(cluster: "prod", path: stranger.path, now: now).issue(
      name: "north", role: .node, validFor: .seconds(86_400), now: now)
    guard
      case .invalidFile(stranger.path + "/north.pem", _)? = refusal({
        try authority.revoke(.file(stranger.path + "/north.pem"), now: now)
      })
    else {
      Issue.record("revoked what another authority issued")
      return
    }
  }

  @Test func whatWasRevokedStaysRevokedWhenFilesAreLost() throws {
    let directory = TestDirectory()
    let north: CertificateSerial
    do {
      let authority = try made(directory)
      north = try directory.details("north.pem").serial
      _ = try authority.revoke(.name("north", nil), now: now)
    }
    // The record: known again from the files and from the list.
    try FileManager.default.removeItem(atPath: directory.path + "/issued.jsonl")
    do {
      let authority = try AuthorityDirectory(path: directory.path)
      #expect(Set(authority.records.compactMap(\.name)) == ["north", "south"])
      _ = try authority.revoke(.name("south", nil), now: now)
      #expect(try list(directory).serials.count == 2 && list(directory).serials.contains(north))
    }
    // The list: its successor has a higher number than any that was given out.
    let before = try list(directory).number
    try FileManager.default.removeItem(atPath: directory.path + "/crl.pem")
    do {
      let authority = try AuthorityDirectory(path: directory.path)
      try authority.signList(now: now)
      #expect(try list(directory).number > before && list(directory).serials.count == 2)
    }
    // Damaged files are said and never replaced by something shorter.
    try directory.write("{\"serial\": 5}\n", "issued.jsonl")
    guard
      case .invalidFile(directory.path + "/issued.jsonl", let detail)? = refusal({
        try AuthorityDirectory(path: directory.path)
      })
    else {
      Issue.record("a damaged record was read")
      return
    }
    #expect(detail.hasPrefix("line 1 "))
    try FileManager.default.removeItem(atPath: directory.path + "/issued.jsonl")
    let stranger = TestDirectory()
    _ = try made(stranger)
    try directory.write(try stranger.text("crl.pem"), "crl.pem")
    guard
      case .invalidFile(directory.path + "/crl.pem", _)? = refusal({
        try AuthorityDirectory(path: directory.path)
      })
    else {
      Issue.record("another authority's list was taken")
      return
    }
  }

  @Test func whoseAListIsIsChecked() throws {
    let directory = TestDirectory()
    let authority = try made(directory)
    _ = try authority.revoke(.name("north", nil), now: now)
    let stranger = TestDirectory()
    _ = try made(stranger)
    let own = try directory.text("ca.pem")
    let found = try list(directory)
    #expect(CertificateDetails.problem(of: found, authorityPEM: own) == nil)
    #expect(
      CertificateDetails.problem(of: found, authorityPEM: try stranger.text("ca.pem"))
        == "it is the list of another authority")
    #expect(
      CertificateDetails.problem(of: found, authorityPEM: try stranger.text("ca.pem") + own) == nil)
    // Every bit of it is covered: what is not refused as damaged is refused as forged.
    let text = try directory.text("crl.pem").split(separator: "\n")
    let bytes = [UInt8](try #require(Data(base64Encoded: text.dropFirst().dropLast().joined())))
    var forged = 0
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index % 8)
      guard let other = try? RevocationList(der: changed) else { continue }
      forged += 1
      #expect(CertificateDetails.problem(of: other, authorityPEM: own) != nil, "byte \(index)")
    }
    #expect(forged > 50)
  }

  /// No bytes may crash the reader: it reads what somebody put on a node's disk.
  @Test func damagedListsAreRefusedAndNothingMore() throws {
    let directory = TestDirectory()
    let authority = try made(directory)
    _ = try authority.revoke(.name("north", nil), now: now)
    let text = try directory.text("crl.pem").split(separator: "\n")
    let bytes = [UInt8](try #require(Data(base64Encoded: text.dropFirst().dropLast().joined())))
    var generator = SeededGenerator(state: 5)
    var read = 0
    for _ in 0..<20_000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0 where !changed.isEmpty:
          changed.remove(at: Int.random(in: 0..<changed.count, using: &generator))
        case 1:
          changed.insert(
            .random(in: 0...255, using: &generator), at: Int.random(in: 0...changed.count, using: &generator))
        default:
          if changed.isEmpty { continue }
          changed[Int.random(in: 0..<changed.count, using: &generator)] = .random(
            in: 0...255, using: &generator)
        }
      }
      if (try? RevocationList(der: changed)) != nil { read += 1 }
    }
    #expect(read < 20_000)
    for bad in ["", "nonsense", "-----BEGIN X509 CRL-----\n", try directory.text("ca.pem")] {
      #expect(throws: RevocationListError.self) { try RevocationList.parse(pem: bad) }
    }
  }

  @Test(arguments: [
    (0, "19700101"), (951_782_400, "20000229"), (2_524_607_999, "20491231"), (2_524_608_000, "20500101"),
    (4_102_444_800, "21000101"), (253_402_300_799, "99991231"),
  ])
  func timesAreWrittenAndReadAlike(seconds: Int, day: String) throws {
    let authority = try CertificateAuthority.create(cluster: "prod", now: Date(timeIntervalSince1970: 0))
    let entry = RevocationList.Entry(
      serial: try #require(CertificateSerial(hex: "ff00")), revokedAt: Int64(seconds))
    let signed = try authority.revocationList(
      number: .max, entries: [entry], validFor: .seconds(60),
      now: Date(timeIntervalSince1970: 1_000_000_000))
    #expect(signed.entries == [entry] && signed.number == .max)
    let expected = try Date(day, strategy: .iso8601.year().month().day().dateSeparator(.omitted))
    #expect(Int(expected.timeIntervalSince1970) == seconds / 86_400 * 86_400)
  }

  @Test(.enabled(if: OpenSSL.path != nil, "no openssl program on this machine: its opinion is not asked"))
  func opensslAgrees() throws {
    let directory = TestDirectory()
    let authority = try made(directory)
    let ca = directory.path + "/ca.pem"
    let crl = directory.path + "/crl.pem"
    func verify(_ name: String) throws -> (status: Int32, output: String) {
      try OpenSSL.run([
        "verify", "-x509_strict", "-crl_check", "-CAfile", ca, "-CRLfile", crl,
        directory.path + "/\(name).pem",
      ])
    }
    // Empty first: without entries the list has no sequence of them.
    #expect(try verify("north").status == 0)
    _ = try authority.revoke(.name("north", nil), now: now)
    let signature = try OpenSSL.run(["crl", "-in", crl, "-noout", "-verify", "-CAfile", ca])
    #expect(signature.status == 0 && signature.output.contains("verify OK"), "\(signature.output)")
    let north = try verify("north")
    #expect(north.status != 0 && north.output.contains("certificate revoked"), "\(north.output)")
    #expect(try verify("south").status == 0)
    let printed = try OpenSSL.run(["crl", "-in", crl, "-noout", "-text"]).output
    #expect(
      printed.contains("X509v3 CRL Number") && printed.contains("X509v3 Authority Key Identifier")
        && printed.contains("Version 2"), "\(printed)")
    let serial = try OpenSSL.run(["x509", "-in", directory.path + "/north.pem", "-noout", "-serial"]).output
    let hex = String(serial.dropFirst("serial=".count).dropLast())
    #expect(try CertificateSerial(hex: hex) == directory.details("north.pem").serial)
    let stranger = TestDirectory()
    _ = try made(stranger)
    let other = try OpenSSL.run([
      "crl", "-in", crl, "-noout", "-verify", "-CAfile", stranger.path + "/ca.pem",
    ])
    #expect(!other.output.contains("verify OK"))
  }
}

/// SplitMix64: a failure is replayed from its seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
