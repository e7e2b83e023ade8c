// The files: modes, no overwriting, no half-written ones, and what OpenSSL says about them.

import CertificateAuthority
import Foundation
import Testing

struct CertificateFilesTests {
  @Test func keysAreForTheirOwnerOnlyAndNothingElseIsLeft() throws {
    let directory = TestDirectory()
    let authority = try CertificateAuthority.create(cluster: "prod", now: Date())
    try authority.write(to: directory.path)
    try authority.issue(name: "north", role: .node, now: Date()).write(to: directory.path)
    #expect(directory.files == ["ca.key", "ca.pem", "north.key", "north.pem"])
    #expect(try directory.mode() == 0o700)
    #expect(try directory.mode("ca.key") == 0o600 && directory.mode("north.key") == 0o600)
    #expect(try directory.mode("ca.pem") == 0o644 && directory.mode("north.pem") == 0o644)
  }

  @Test func nothingIsEverOverwritten() throws {
    let directory = TestDirectory()
    let authority = try CertificateAuthority.create(cluster: "prod", now: Date())
    try authority.write(to: directory.path)
    let north = try authority.issue(name: "north", role: .node, now: Date())
    try north.write(to: directory.path)
    let before = try directory.files.map { try directory.text($0) }
    let again = try CertificateAuthority.create(cluster: "prod", now: Date())
    #expect(refusal { try again.write(to: directory.path) } == .fileExists(path: directory.path + "/ca.pem"))
    let second = try authority.issue(name: "north", role: .node, now: Date())
    #expect(
      refusal { try second.write(to: directory.path) } == .fileExists(path: directory.path + "/north.pem"))
    // One of the two is enough to refuse both: no key without its certificate.
    try FileManager.default.removeItem(atPath: directory.path + "/north.pem")
    #expect(
      refusal { try second.write(to: directory.path) } == .fileExists(path: directory.path + "/north.key"))
    #expect(!directory.files.contains("north.pem"))
    try north.certificatePEM.write(toFile: directory.path + "/north.pem", atomically: true, encoding: .utf8)
    // A node of another authority does not slip in beside this one.
    let foreign = try again.issue(name: "south", role: .node, now: Date())
    guard
      case .invalidFile(directory.path + "/ca.pem", _)? = refusal({ try foreign.write(to: directory.path) })
    else {
      Issue.record("written beside another authority")
      return
    }
    #expect(try directory.files.map { try directory.text($0) } == before)
  }

  @Test func anAuthorityIsTheSameAfterLoading() throws {
    let directory = TestDirectory()
    let authority = try CertificateAuthority.create(cluster: "prod", now: Date())
    try authority.write(to: directory.path)
    let loaded = try CertificateAuthority.load(directory: directory.path)
    #expect(loaded.cluster == "prod" && loaded.certificatePEM == authority.certificatePEM)
    let issued = try loaded.issue(name: "north", role: .node, now: Date())
    #expect(
      issued.identityURI == "switchboard://prod/node/north" && issued.authorityPEM == authority.certificatePEM
    )
  }

  @Test func damagedOrExposedFilesAreNamed() throws {
    let directory = TestDirectory()
    guard
      case .fileMissing(directory.path + "/ca.pem", _)? = refusal({
        try CertificateAuthority.load(directory: directory.path)
      })
    else {
      Issue.record("loaded from nowhere")
      return
    }
    let authority = try CertificateAuthority.create(cluster: "prod", now: Date())
    try authority.write(to: directory.path)
    let key = directory.path + "/ca.key"
    let certificate = directory.path + "/ca.pem"
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
    guard
      case .unsafePermissions(key, 0o640, _)? = refusal({
        try CertificateAuthority.load(directory: directory.path)
      })
    else {
      Issue.record("an exposed key was loaded")
      return
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
    // The key of another, a certificate that is none, a node's certificate in the authority's place.
    let other = try CertificateAuthority.create(cluster: "prod", now: Date())
    let node = try other.issue(name: "north", role: .node, now: Date())
    for (certificateText, keyText, culprit) in [
      (other.certificatePEM, try directory.text("ca.key"), key),
      ("nonsense", node.privateKeyPEM, certificate),
      (authority.certificatePEM, "nonsense", key),
      (node.certificatePEM, node.privateKeyPEM, certificate),
    ] {
      try certificateText.write(toFile: certificate, atomically: false, encoding: .utf8)
      try keyText.write(toFile: key, atomically: false, encoding: .utf8)
      guard
        case .invalidFile(culprit, let detail)? = refusal({
          try CertificateAuthority.load(directory: directory.path)
        })
      else {
        Issue.record("loaded what it should not, or blamed another file than \(culprit)")
        continue
      }
      #expect(!detail.isEmpty)
    }
  }

  @Test func aDirectoryThatOthersCanWriteToIsRefused() throws {
    let directory = TestDirectory()
    try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
    let authority = try CertificateAuthority.create(cluster: "prod", now: Date())
    guard
      case .unsafePermissions(directory.path, 0o777, _)? = refusal({ try authority.write(to: directory.path) }
      )
    else {
      Issue.record("wrote a key where others can replace it")
      return
    }
    #expect(directory.files == [])
  }

  static let openssl = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(.enabled(if: openssl != nil, "no openssl program on this machine: its opinion is not asked"))
  func opensslAgrees() throws {
    let directory = TestDirectory()
    let authority = try CertificateAuthority.create(cluster: "prod", now: Date())
    try authority.write(to: directory.path)
    try authority.issue(name: "north", role: .node, now: Date(), extraDNSNames: ["pbx.example.com"])
      .write(to: directory.path)
    let ca = directory.path + "/ca.pem"
    let leaf = directory.path + "/north.pem"
    for purpose in ["sslserver", "sslclient"] {
      let (status, output) = try run(["verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, leaf])
      #expect(status == 0, "\(output)")
    }
    #expect(try run(["verify", "-verify_hostname", "pbx.example.com", "-CAfile", ca, leaf]).status == 0)
    #expect(try run(["verify", "-verify_hostname", "other.example.com", "-CAfile", ca, leaf]).status != 0)
    let stranger = TestDirectory()
    try CertificateAuthority.create(cluster: "prod", now: Date()).write(to: stranger.path)
    #expect(try run(["verify", "-CAfile", stranger.path + "/ca.pem", leaf]).status != 0)
    #expect(try run(["pkey", "-in", directory.path + "/north.key", "-check", "-noout"]).status == 0)
    let printed = try run(["x509", "-in", leaf, "-noout", "-ext", "subjectAltName"]).output
    #expect(printed.contains("URI:switchboard://prod/node/north") && printed.contains("IP Address:127.0.0.1"))
  }

  private func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.openssl))
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
