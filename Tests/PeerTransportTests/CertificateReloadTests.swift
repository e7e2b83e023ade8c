// Certificates that are renewed and revoked while transports run, and revocation lists that are not believed.

import CertificateAuthority
import Foundation
import NIOCore
import PeerTransport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CertificateReloadTests {
  /// Nodes whose authority can renew and revoke. Each node has its own copy of the list, as on machines of their own.
  private final class Cluster {
    let directory = NSTemporaryDirectory() + "/reload-" + UUID().uuidString
    let authority: AuthorityDirectory
    let addresses: [NodeID: HostPort]

    init(_ nodes: [String]) throws {
      authority = try AuthorityDirectory.create(cluster: "test", path: directory, now: Date())
      addresses = Dictionary(
        uniqueKeysWithValues: nodes.map { (node($0), HostPort(host: "127.0.0.1", port: Ports.free())) })
      for name in nodes {
        _ = try authority.issue(name: name, role: .node, validFor: .seconds(40 * 86_400), now: Date())
        try copyList(to: name)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func listPath(_ name: String) -> String { "\(directory)/crl-\(name)" }

    func copyList(to name: String) throws {
      try String(contentsOfFile: directory + "/crl.pem", encoding: .utf8)
        .write(toFile: listPath(name), atomically: true, encoding: .utf8)
    }

    func configuration(_ name: String, incarnation: UInt64 = 1, role: PeerRole = .node)
      -> TransportConfiguration
    {
      TransportConfiguration(
        identity: PeerIdentity(cluster: "test", node: node(name), incarnation: incarnation, role: role),
        listen: addresses[node(name)], peers: addresses,
        tls: TransportTLS(
          certificatePath: "\(directory)/\(name).pem", keyPath: "\(directory)/\(name).key",
          authorityPath: directory + "/ca.pem", revocationListPath: role == .node ? listPath(name) : nil))
    }

    func end(_ name: String) throws -> Int64 {
      let text = try String(contentsOfFile: "\(directory)/\(name).pem", encoding: .utf8)
      return Int64(try CertificateDetails(pem: text, path: name).notValidAfter.timeIntervalSince1970)
    }
  }

  private func linked(_ cluster: Cluster) async throws -> (north: TestNode, south: TestNode) {
    let north = try TestNode(cluster.configuration("north"))
    let south = try TestNode(cluster.configuration("south"))
    try await north.transport.start()
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    try await south.waitForLink(to: "north")
    return (north, south)
  }

  @Test func bothCertificatesAreRenewedWhileFramesFlow() async throws {
    let cluster = try Cluster(["north", "south"])
    let (north, south) = try await linked(cluster)
    let sender = Task { () -> Int in
      var number = 0
      while !Task.isCancelled {
        #expect(north.transport.send(ByteBuffer(integer: number), to: node("south")) == .queued)
        #expect(south.transport.send(ByteBuffer(integer: -number), to: node("north")) == .queued)
        number += 1
        if number % 50 == 0 { try? await Task.sleep(for: .milliseconds(1)) }
      }
      return number
    }
    let before = try [cluster.end("north"), cluster.end("south")]
    for (name, reloaded) in [("north", north), ("south", south)] {
      _ = try cluster.authority.renew(name: name, validFor: .seconds(80 * 86_400), now: Date())
      try reloaded.transport.reloadCertificates()
      try await Task.sleep(for: .milliseconds(50))
    }
    sender.cancel()
    let sent = await sender.value
    try await eventually("all \(sent) frames, have \(north.recorder.frames.count)") {
      south.recorder.frames.count == sent && north.recorder.frames.count == sent
    }
    #expect(sent > 50)
    #expect(south.recorder.frames.map { $0.getInteger(at: 0, as: Int.self) } == Array(0..<sent))
    #expect(north.recorder.frames.map { $0.getInteger(at: 0, as: Int.self) } == (0..<sent).map { -$0 })
    #expect(north.recorder.story == ["+south#1"] && south.recorder.story == ["+north#1"])
    // The connections that were open showed the old ones; a new connection shows the new one.
    #expect(await north.transport.peerCertificates() == [node("south"): before[1]])
    let dates = north.transport.certificates.dates
    #expect(
      try dates.first { $0.file == .own }?.expires == cluster.end("north") && cluster.end("north") > before[0]
    )
    _ = try cluster.authority.issue(name: "tool", role: .client, validFor: .seconds(86_400), now: Date())
    let tool = try TestNode(cluster.configuration("tool", role: .client))
    try await tool.transport.start()
    try await tool.waitForLink(to: "north", "south")
    #expect(
      try await tool.transport.peerCertificates() == [
        node("north"): cluster.end("north"), node("south"): cluster.end("south"),
      ])
    for node in [tool, north, south] { await node.transport.stop() }
  }

  @Test func aRevokedNodeLosesItsConnectionsAndIsRefusedWithWords() async throws {
    let cluster = try Cluster(["north", "south", "west"])
    let (north, south) = try await linked(cluster)
    let west = try TestNode(cluster.configuration("west"))
    try await west.transport.start()
    try await north.waitForLink(to: "west")
    // A reload without news touches nobody.
    try north.transport.reloadCertificates()
    _ = try cluster.authority.revoke(.name("south", .node), now: Date())
    // Only north hears of it.
    try cluster.copyList(to: "north")
    try north.transport.reloadCertificates()
    try await eventually("closed: \(north.recorder.story)") { !north.recorder.isConnected("south") }
    try await eventually("closed: \(south.recorder.story)") { !south.recorder.isConnected("north") }
    guard case .revoked(let words)? = north.recorder.disconnections(of: "south").first else {
      Issue.record("\(north.recorder.disconnections(of: "south"))")
      return
    }
    #expect(words.contains("switchboard://test/node/south") && words.contains("pki renew"))
    #expect(north.log.all.count { $0.hasPrefix("cut off the peer") } == 1, "\(north.log.all)")
    // Refused in both directions, each time that it is tried, and both sides know why.
    try await eventually("words: \(north.log.all) \(south.log.all)") {
      north.log.all.contains { $0.hasPrefix("cannot connect to node south") && $0.contains("was revoked") }
        && south.log.all.contains {
          $0.hasPrefix("cannot connect to node north") && $0.contains("was revoked")
        }
    }
    for _ in 0..<10 {
      north.transport.redial(node("south"))
      south.transport.redial(node("north"))
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(north.recorder.story.filter { $0.hasSuffix("south#1") } == ["+south#1", "-south#1"])
    for (log, peer) in [(north.log, "south"), (south.log, "north")] {
      #expect(log.all.count { $0.hasPrefix("cannot connect to node \(peer)") && $0.contains("revoked") } == 1)
      // Also those that the peer dialed: not once for each attempt.
      #expect(log.all.count { $0.contains("revoked") } <= 3, "\(log.all)")
    }
    #expect(north.log.all.contains { $0.contains("switchboard://test/node/south") && $0.contains("renew") })
    #expect(
      north.recorder.isConnected("west") && north.recorder.story.filter { $0.contains("west") } == ["+west#1"]
    )
    #expect(north.transport.certificates.revokedCount == 1 && !north.transport.certificates.isRevoked)
    // With a new certificate it is in again, without a restart of anybody.
    _ = try cluster.authority.renew(name: "south", validFor: .seconds(86_400), now: Date())
    try south.transport.reloadCertificates()
    south.transport.redial(node("north"))
    try await north.waitForLink(to: "south")
    for node in [north, south, west] { await node.transport.stop() }
    #expect(north.recorder.incoherence == nil && south.recorder.incoherence == nil)
  }

  @Test func aRevokedNodeKnowsOfItself() async throws {
    let cluster = try Cluster(["north"])
    _ = try cluster.authority.revoke(.name("north", nil), now: Date())
    try cluster.copyList(to: "north")
    let north = try TestNode(cluster.configuration("north"))
    #expect(north.transport.certificates.isRevoked && north.transport.certificates.listNumber == 2)
  }

  /// The way that the README describes: both authorities are trusted for a while, and no link is ever down.
  @Test func theAuthorityIsReplacedWithoutARestart() async throws {
    let cluster = try Cluster(["north", "south"])
    let (north, south) = try await linked(cluster)
    _ = try cluster.authority.issue(name: "tool", role: .client, validFor: .seconds(86_400), now: Date())
    let next = try AuthorityDirectory.create(
      cluster: "test", path: cluster.directory + "/next", now: Date())
    func append(_ file: String, to path: String) throws {
      let both = try [path, cluster.directory + "/next/" + file].map {
        try String(contentsOfFile: $0, encoding: .utf8)
      }
      try both.joined().write(toFile: path, atomically: true, encoding: .utf8)
    }
    try append("ca.pem", to: cluster.directory + "/ca.pem")
    for name in ["north", "south"] { try append("crl.pem", to: cluster.listPath(name)) }
    for node in [north, south] { try node.transport.reloadCertificates() }
    // North has a certificate of the new authority, the tool one of the old, and each takes the other's.
    let issued = try next.issue(name: "north", role: .node, validFor: .seconds(86_400), now: Date())
    for (text, kind) in [(issued.certificatePEM, "pem"), (issued.privateKeyPEM, "key")] {
      let path = "\(cluster.directory)/north.\(kind)"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    try north.transport.reloadCertificates()
    let tool = try TestNode(cluster.configuration("tool", role: .client))
    try await tool.transport.start()
    try await tool.waitForLink(to: "north", "south")
    #expect(await tool.transport.peerCertificates()[node("north")] == (try cluster.end("north")))
    // What the new authority revokes is refused beside what the old one does.
    _ = try next.revoke(.name("north", nil), now: Date())
    try append("crl.pem", to: cluster.listPath("south"))
    #expect(reload(south) == nil && south.transport.certificates.revokedCount == 1)
    // The link is older than north's new certificate; the next one is not.
    #expect(south.recorder.story.filter { $0.hasSuffix("north#1") } == ["+north#1"])
    #expect(north.recorder.story.filter { $0.hasSuffix("south#1") } == ["+south#1"])
    await north.transport.stop()
    try await Ports.waitUntilFree(#require(cluster.addresses[node("north")]?.port))
    let again = try TestNode(cluster.configuration("north", incarnation: 2))
    try await again.transport.start()
    try await eventually("words: \(again.log.all)") { again.log.all.contains { $0.contains("was revoked") } }
    #expect(!again.recorder.isConnected("south"))
    // A list may go with its authority, but not before it.
    try String(contentsOfFile: cluster.directory + "/crl.pem", encoding: .utf8)
      .write(toFile: cluster.listPath("south"), atomically: true, encoding: .utf8)
    guard case .revocationListInvalid(_, let detail)? = reload(south) else {
      Issue.record("the list of an authority that is trusted was done without")
      return
    }
    #expect(detail.contains("it lacks"))
    for node in [tool, again, south] { await node.transport.stop() }
  }

  @Test func listsThatCannotBeBelievedAreRefused() async throws {
    let cluster = try Cluster(["north"])
    let path = cluster.listPath("north")
    func load() -> TransportError? {
      do {
        _ = try TestNode(cluster.configuration("north"))
        return nil
      } catch { return error as? TransportError }
    }
    #expect(load() == nil)
    try FileManager.default.removeItem(atPath: path)
    guard case .fileUnreadable(path, _)? = load() else {
      Issue.record("a list that is configured and missing was done without")
      return
    }
    let stranger = try Cluster(["north"])
    for (text, reason) in [
      (try String(contentsOfFile: stranger.listPath("north"), encoding: .utf8), "another authority"),
      ("", "no revocation list"),
      (try String(contentsOfFile: cluster.directory + "/ca.pem", encoding: .utf8), "no revocation list"),
    ] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      guard case .revocationListInvalid(path, let detail)? = load() else {
        Issue.record("\(reason): accepted, or refused as \(String(describing: load()))")
        continue
      }
      #expect(detail.contains(reason))
    }
    // One byte of the signature.
    let lines = try String(contentsOfFile: cluster.directory + "/crl.pem", encoding: .utf8)
      .split(separator: "\n").map(String.init)
    var bytes = try #require(Data(base64Encoded: lines.dropFirst().dropLast().joined()))
    bytes[bytes.count - 1] ^= 1
    let body = bytes.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    try [lines[0], body, lines[lines.count - 1], ""].joined(separator: "\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
    guard case .revocationListInvalid(path, let detail)? = load() else {
      Issue.record("a forged list was accepted")
      return
    }
    #expect(detail.contains("signature") && load()?.description.contains("Copy crl.pem") == true)
  }

  @Test func whatCannotBeUsedLeavesWhatIsInUse() async throws {
    let cluster = try Cluster(["north", "south"])
    let old = try String(contentsOfFile: cluster.directory + "/crl.pem", encoding: .utf8)
    _ = try cluster.authority.revoke(.name("south", nil), now: Date())
    try cluster.copyList(to: "north")
    let north = try TestNode(cluster.configuration("north"))
    let inUse = north.transport.certificates
    #expect(inUse.listNumber == 2 && inUse.failure == nil)
    // An old copy would let a revoked certificate in again.
    try old.write(toFile: cluster.listPath("north"), atomically: true, encoding: .utf8)
    guard case .revocationListInvalid(_, let detail)? = reload(north) else {
      Issue.record("an old list replaced a newer one")
      return
    }
    #expect(detail.contains("number is 1") && detail.contains("2 is in use"))
    try cluster.copyList(to: "north")
    #expect(reload(north) == nil && north.transport.certificates == inUse)
    // Another's certificate, with its own key, in the place of this node's.
    for kind in ["pem", "key"] {
      try FileManager.default.removeItem(atPath: "\(cluster.directory)/north.\(kind)")
      try FileManager.default.copyItem(
        atPath: "\(cluster.directory)/south.\(kind)", toPath: "\(cluster.directory)/north.\(kind)")
    }
    let refused = reload(north)
    guard case .certificateForAnother? = refused else {
      Issue.record("another's certificate was taken up: \(String(describing: refused))")
      return
    }
    #expect(north.transport.certificates.failure == refused)
    #expect(
      north.transport.certificates.serial == inUse.serial && north.transport.certificates.dates == inUse.dates
    )
  }

  private func reload(_ node: TestNode) -> TransportError? {
    do throws(TransportError) {
      try node.transport.reloadCertificates()
      return nil
    } catch { return error }
  }
}
