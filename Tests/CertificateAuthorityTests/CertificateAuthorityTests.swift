// The certificates themselves: what is in them, and whether others believe them.

import CertificateAuthority
import Foundation
import SwiftASN1
import Testing
@_spi(FixedExpiryValidationTime) import X509

struct CertificateAuthorityTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  private func verifies(_ pem: String, authority: String, at time: Date) async throws -> Bool {
    var verifier = Verifier(rootCertificates: CertificateStore([try Certificate(pemEncoded: authority)])) {
      RFC5280Policy(fixedExpiryValidationTime: time)
    }
    let result = await verifier.validate(
      leaf: try Certificate(pemEncoded: pem), intermediates: CertificateStore())
    if case .validCertificate = result { return true }
    return false
  }

  private func names(_ pem: String) throws -> [GeneralName] {
    Array(try #require(try Certificate(pemEncoded: pem).extensions.subjectAlternativeNames))
  }

  @Test func anIssuedCertificateVerifiesFromItsTimeToItsEndOnly() async throws {
    let authority = try CertificateAuthority.create(cluster: "prod", now: now)
    let issued = try authority.issue(name: "north", role: .node, validFor: .seconds(86_400), now: now)
    let other = try CertificateAuthority.create(cluster: "prod", now: now)
    #expect(try await verifies(issued.certificatePEM, authority: authority.certificatePEM, at: now))
    #expect(try await verifies(issued.certificatePEM, authority: authority.certificatePEM, at: now + 86_399))
    // A node whose clock is a little slow.
    #expect(try await verifies(issued.certificatePEM, authority: authority.certificatePEM, at: now - 299))
    #expect(try await !verifies(issued.certificatePEM, authority: authority.certificatePEM, at: now - 301))
    #expect(try await !verifies(issued.certificatePEM, authority: authority.certificatePEM, at: now + 86_401))
    #expect(try await !verifies(issued.certificatePEM, authority: other.certificatePEM, at: now))
    // A node's certificate issues nothing: it is no authority.
    #expect(try await !verifies(issued.certificatePEM, authority: issued.certificatePEM, at: now + 90_000))
  }

  @Test func theNamesAreThoseOfTheHolder() throws {
    let authority = try CertificateAuthority.create(cluster: "prod", now: now)
    let local = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
    let node = try authority.issue(
      name: "north", role: .node, now: now, extraDNSNames: ["pbx.Example.com", "10.1.2.3", "localhost"])
    #expect(node.identityURI == "switchboard://prod/node/north")
    #expect(
      try names(node.certificatePEM) == [
        .uniformResourceIdentifier("switchboard://prod/node/north"), .dnsName("north.prod.switchboard"),
        .dnsName("localhost"), local, .dnsName("pbx.Example.com"),
        .ipAddress(ASN1OctetString(contentBytes: [10, 1, 2, 3])),
      ])
    let client = try authority.issue(name: "bench", role: .client, now: now)
    #expect(
      try names(client.certificatePEM) == [
        .uniformResourceIdentifier("switchboard://prod/client/bench"), .dnsName("bench.prod.switchboard"),
      ])
    let api = try authority.issue(name: "north", role: .api, now: now)
    #expect(try names(api.certificatePEM).first == .uniformResourceIdentifier("switchboard://prod/api/north"))
    for issued in [node, client, api] {
      let certificate = try Certificate(pemEncoded: issued.certificatePEM)
      let usages = try #require(try certificate.extensions.extendedKeyUsage)
      #expect(Set(usages) == [.serverAuth, .clientAuth])
      #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
      #expect(try certificate.extensions.keyUsage == KeyUsage(digitalSignature: true))
    }
    let own = try Certificate(pemEncoded: authority.certificatePEM)
    #expect(try own.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
    #expect(own.notValidAfter == now + 3653 * 86_400 && authority.notValidAfter == own.notValidAfter)
  }

  @Test func nothingOutlivesTheAuthorityAndADeadOneIssuesNothing() throws {
    let authority = try CertificateAuthority.create(cluster: "prod", validFor: .seconds(1000), now: now)
    let issued = try authority.issue(name: "north", role: .node, now: now)
    #expect(try Certificate(pemEncoded: issued.certificatePEM).notValidAfter == now + 1000)
    for time in [now + 1000, now - 301] {
      guard case .authorityNotValid? = refusal({ try authority.issue(name: "north", role: .node, now: time) })
      else {
        Issue.record("issued at \(time)")
        continue
      }
    }
  }

  @Test func namesThatNoCertificateMayCarryAreRefused() throws {
    let long = String(repeating: "x", count: 64)
    for bad in ["", "North", "a.b", "-a", "a-", "a/b", "a b", "ä", long, "../x"] {
      #expect(
        refusal { try CertificateAuthority.create(cluster: bad, now: now) }
          == .invalidName(what: "cluster", value: bad))
    }
    let authority = try CertificateAuthority.create(cluster: "prod", now: now)
    for bad in ["", "a/../b", "ca", "North", long] {
      #expect(
        refusal { try authority.issue(name: bad, role: .node, now: now) }
          == .invalidName(what: "node", value: bad))
    }
    for bad in ["", "*.example.com", "a..b", "300.1.1.1.", "a b"] {
      #expect(
        refusal { try authority.issue(name: "n", role: .node, now: now, extraDNSNames: [bad]) }
          == .invalidName(what: "host", value: bad))
    }
    #expect(
      refusal { try authority.issue(name: "n", role: .node, validFor: .zero, now: now) }
        == .invalidLifetime(seconds: 0))
  }

  @Test func everyCertificateHasItsOwnKeyAndNumber() throws {
    let authority = try CertificateAuthority.create(cluster: "prod", now: now)
    let issued = try (0..<20).map { _ in try authority.issue(name: "north", role: .node, now: now) }
    #expect(Set(issued.map(\.privateKeyPEM)).count == 20)
    #expect(try Set(issued.map { try Certificate(pemEncoded: $0.certificatePEM).serialNumber }).count == 20)
  }
}

/// The error that a call throws, or nil when it throws none.
func refusal<Value>(_ body: () throws -> Value) -> CertificateAuthorityError? {
  do {
    _ = try body()
    return nil
  } catch { return error as? CertificateAuthorityError }
}
