// What `switchboard pki show` says of certificates.
import CertificateAuthority
import Foundation
import RevocationList
import Switchboard
import Testing

@Suite struct PKIListingTests {
  private final class Directory {
    let path = NSTemporaryDirectory() + "/listing-" + UUID().uuidString
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  /// north was renewed, south is revoked, west is in another place.
  private func made(_ directory: Directory) throws {
    let authority = try AuthorityDirectory.create(cluster: "prod", path: directory.path, now: now)
    for (name, output) in [("north", nil), ("south", nil), ("west", directory.path + "/elsewhere")] {
      _ = try authority.issue(
        name: name, role: .node, validFor: .seconds(10 * 86_400), now: now, output: output)
    }
    _ = try authority.renew(name: "north", validFor: .seconds(100 * 86_400), now: now)
    _ = try authority.revoke(.name("south", nil), now: now)
  }

  @Test func aDirectoryShowsAllThatItsAuthorityIssued() throws {
    let directory = Directory()
    try made(directory)
    let listing = try PKIListing.read(directory.path, listPath: nil, now: now + 11 * 86_400)
    #expect(
      listing.certificates.map { "\($0.file ?? "-") \($0.role ?? "-") \($0.name ?? "-") \($0.daysLeft ?? 0)" }
        == [
          "ca.pem authority - 3642", "north.pem node north 89", "south.pem node south -1", "- node north -1",
          "- node west -1",
        ])
    #expect(listing.certificates.map(\.isRevoked) == [false, false, true, false, false])
    #expect(listing.certificates[2].revokedAt == now && listing.problems == [])
    #expect(listing.certificates[1].cluster == "prod" && listing.certificates[1].fingerprint?.count == 64)
    #expect(listing.lists.map(\.number) == [2] && listing.lists.map(\.revoked) == [1])
    let text = listing.text
    #expect(
      text.contains("south.pem: node south of cluster prod\n  identity     switchboard://prod/node/south\n"))
    #expect(text.contains("  revoked      yes, on 2027-01-15T08:00:00Z"))
    #expect(text.contains("2027-04-25T08:00:00Z, 89 days left") && text.contains("expired 1 day ago"))
    #expect(text.contains("(no file here): node west\n"))
    // As JSON, for programs.
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(listing.json().utf8)) as? [String: Any])
    let first = try #require((json["certificates"] as? [[String: Any]])?[1])
    #expect(first["identity"] as? String == "switchboard://prod/node/north")
    #expect(
      first["notValidAfter"] as? String == "2027-04-25T08:00:00Z" && first["isRevoked"] as? Bool == false)
  }

  @Test func aFileAloneShowsItselfAndAdmitsWhatItDoesNotKnow() throws {
    let directory = Directory()
    try made(directory)
    let west = directory.path + "/elsewhere/west.pem"
    let alone = try PKIListing.read(west, listPath: nil, now: now)
    #expect(alone.certificates.map(\.isRevoked) == [nil] && alone.certificates.map(\.name) == ["west"])
    #expect(alone.text.contains("not known: there is no crl.pem beside it"))
    let asked = try PKIListing.read(west, listPath: directory.path + "/crl.pem", now: now)
    #expect(asked.certificates.map(\.isRevoked) == [false] && asked.problems == [])
    let south = try PKIListing.read(directory.path + "/south.pem", listPath: nil, now: now)
    #expect(south.certificates.map(\.isRevoked) == [true])
    #expect(throws: CertificateAuthorityError.self) {
      try PKIListing.read(directory.path + "/north.key", listPath: nil, now: now)
    }
    #expect(throws: CertificateAuthorityError.self) {
      try PKIListing.read(directory.path + "/nowhere", listPath: nil, now: now)
    }
  }

  @Test func exposedKeysAndForeignListsAreProblems() throws {
    let directory = Directory()
    try made(directory)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o644], ofItemAtPath: directory.path + "/north.key")
    let stranger = Directory()
    try made(stranger)
    try "damaged".write(toFile: directory.path + "/old.pem", atomically: true, encoding: .utf8)
    let listing = try PKIListing.read(directory.path, listPath: stranger.path + "/crl.pem", now: now)
    #expect(listing.problems.count == 4 && listing.lists == [])
    #expect(listing.problems.contains { $0.contains("another authority") })
    #expect(listing.problems.contains { $0.contains("old.pem holds no certificate") })
    #expect(listing.problems.contains { $0.contains("north.key has mode 644") })
    // What the record says is not forgotten for want of a list.
    #expect(listing.certificates.first { $0.name == "south" }?.isRevoked == true)
  }
}
