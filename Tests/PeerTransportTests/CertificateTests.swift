// Who gets in with which certificate, and what the transport says about its own files.

import CertificateAuthority
import ClusterTestKit
import Foundation
import NIOCore
import PeerTransport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CertificateTests {
  private func load(_ configuration: TransportConfiguration) -> TransportError? {
    do {
      _ = try TestNode(configuration)
      return nil
    } catch { return error as? TransportError }
  }

  @Test func ownFilesAreCheckedAndNamedInTheError() throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    let good = cluster.configuration("north")
    #expect(load(good) == nil)

    var missing = good
    missing.tls.keyPath += ".gone"
    guard case .fileUnreadable(missing.tls.keyPath, _) = load(missing) else {
      Issue.record("\(String(describing: load(missing)))")
      return
    }
    var other = good
    other.tls = cluster.tls("south")
    #expect(
      load(other)
        == .certificateForAnother(
          path: other.tls.certificatePath, expected: "switchboard://test/node/north",
          found: ["switchboard://test/node/south"]))
    var asClient = good
    asClient.identity.role = .client
    asClient.listen = nil
    guard case .certificateForAnother = load(asClient) else {
      Issue.record("a node's certificate served a client")
      return
    }
    var elsewhere = good
    elsewhere.identity.cluster = "other"
    guard case .certificateForAnother = load(elsewhere) else {
      Issue.record("another cluster's certificate served")
      return
    }
    var mixed = good
    mixed.tls.keyPath = cluster.tls("south").keyPath
    #expect(
      load(mixed) == .keyMismatch(certificatePath: good.tls.certificatePath, keyPath: mixed.tls.keyPath))
    var swapped = good
    swapped.tls.certificatePath = good.tls.keyPath
    guard case .fileInvalid(good.tls.keyPath, _) = load(swapped) else {
      Issue.record("\(String(describing: load(swapped)))")
      return
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: good.tls.keyPath)
    #expect(load(good) == .keyExposed(path: good.tls.keyPath, mode: 0o644))
    #expect(load(good)?.description.contains("chmod 600 \(good.tls.keyPath)") == true)
  }

  @Test func expiredAndFutureFilesAreRefusedAtTheStart() throws {
    let cluster = try TestCluster(nodes: [])
    let day: TimeInterval = 86_400
    let old = try CertificateAuthority.create(cluster: "test", now: Date() - 100 * day)
    cluster.addresses[node("north")] = HostPort(host: "127.0.0.1", port: 1)
    try old.issue(name: "north", role: .node, validFor: .seconds(10 * 86_400), now: Date() - 99.5 * day)
      .write(to: cluster.directory)
    let configuration = cluster.configuration("north")
    #expect(
      load(configuration)
        == .certificateNotValid(path: configuration.tls.certificatePath, detail: "expired 89 days ago"))

    let early = try TestCluster(nodes: [])
    try early.authority.issue(name: "north", role: .node, now: Date() + 2 * day + 1800).write(
      to: early.directory)
    early.addresses = cluster.addresses
    guard case .certificateNotValid(_, let detail) = load(early.configuration("north")) else {
      Issue.record("a certificate of the future was accepted")
      return
    }
    #expect(detail.hasPrefix("is not valid for another 2 days"))
  }

  @Test func contradictionsInTheConfigurationAreSaid() throws {
    let cluster = try TestCluster(nodes: ["north"])
    let changes: [(inout TransportConfiguration) -> Void] = [
      { $0.listen = nil },
      { $0.identity.role = .client },
      { $0.identity.cluster = "No Good" },
      { $0.peers[NodeID(rawValue: "-")] = HostPort(host: "x", port: 1) },
      { $0.peers[NodeID(rawValue: "a")] = HostPort(host: "x", port: 0) },
      { $0.limits.outboundBytes.bulk = $0.limits.maximumFrameBytes },
      { $0.limits.maximumFrameBytes = 0 },
      { $0.timing.handshakeTimeout = .zero },
      { $0.timing.maximumBackoff = .milliseconds(1) },
      { $0.timing.pingInterval = .milliseconds(99) },
      { $0.timing.silenceLimit = .seconds(1) },
      { $0.timing.receiveBufferBytes = 1 },
    ]
    for (index, change) in changes.enumerated() {
      var configuration = cluster.configuration("north")
      change(&configuration)
      guard case .invalidConfiguration(let words) = load(configuration) else {
        Issue.record("change \(index) was accepted")
        continue
      }
      #expect(words.count > 20)
    }
  }

  @Test func anotherAuthoritysNodeIsLockedOutBothWays() async throws {
    let ours = try TestCluster(nodes: ["north", "south"])
    // The same names, another authority.
    let theirs = try TestCluster(nodes: ["north", "south"])
    theirs.addresses = ours.addresses
    let north = try TestNode(ours.configuration("north"))
    let impostor = try TestNode(theirs.configuration("south", incarnation: 9))
    try await north.transport.start()
    try await impostor.transport.start()
    try await eventually("TLS words: \(north.log.all) \(impostor.log.all)") {
      north.log.all.contains { $0.contains("not from our authority") }
        && impostor.log.all.contains { $0.contains("not from our authority") }
    }
    try await Task.sleep(for: .milliseconds(200))
    #expect(north.recorder.story == [] && impostor.recorder.story == [])
    await north.transport.stop()
    await impostor.transport.stop()
  }

  @Test func anExpiredPeerIsLockedOut() async throws {
    let cluster = try TestCluster(nodes: ["north"])
    // Valid when it was issued, an hour ago, for half an hour: a transport would not start with it, so a
    // raw peer brings it.
    let hourAgo = Date() - 3600
    let aged = try CertificateAuthority.create(cluster: "test", now: hourAgo)
    let agedDirectory = cluster.directory + "/aged"
    try aged.issue(name: "north", role: .node, now: hourAgo).write(to: agedDirectory)
    try aged.issue(name: "south", role: .node, validFor: .seconds(1800), now: hourAgo).write(
      to: agedDirectory)
    var configuration = cluster.configuration("north")
    func files(_ name: String) -> TransportTLS {
      TransportTLS(
        certificatePath: agedDirectory + "/\(name).pem", keyPath: agedDirectory + "/\(name).key",
        authorityPath: agedDirectory + "/ca.pem")
    }
    configuration.tls = files("north")
    configuration.peers[node("south")] = HostPort(host: "127.0.0.1", port: Ports.free())
    let north = try TestNode(configuration)
    try await north.transport.start()
    let expired = try await RawPeer(to: try #require(configuration.listen), tls: files("south"))
    expired.hello(PeerIdentity(cluster: "test", node: node("south"), incarnation: 1, role: .node))
    try await eventually("closed") { expired.isClosed }
    #expect(expired.received == [])
    try await eventually("logged: \(north.log.all)") { north.log.all.contains { $0.contains("has expired") } }
    #expect(north.recorder.story == [])
    await north.transport.stop()
  }

  @Test func theWrongNodeAtAnAddressIsSaidSo() async throws {
    let cluster = try TestCluster(nodes: ["north", "south", "west"])
    var configuration = cluster.configuration("north")
    // north believes that west listens where south does.
    configuration.peers[node("west")] = cluster.addresses[node("south")]
    configuration.peers[node("south")] = nil
    let north = try TestNode(configuration)
    let south = try TestNode(cluster.configuration("south"))
    try await north.transport.start()
    try await south.transport.start()
    try await eventually("words: \(north.log.all)") {
      north.log.all.contains { $0.contains("north dialed west, but south answered") }
        && south.log.all.contains { $0.contains("north dialed west, but south answered") }
    }
    #expect(north.recorder.story == [])
    await north.transport.stop()
    await south.transport.stop()
  }
}
