// Links without TLS, which the benchmark has: they carry frames, stay on loopback, and do not mix with links that have TLS.

import Logging
import NIOCore
import NIOPosix
import PeerTransport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PlaintextTests {
  private func configuration(
    _ name: String, listen: HostPort?, peers: [NodeID: HostPort] = [:]
  ) -> TransportConfiguration {
    TransportConfiguration(
      plaintextOnLoopback: PeerIdentity(
        cluster: "test", node: node(name), incarnation: 7, role: listen == nil ? .client : .node),
      listen: listen, peers: peers)
  }

  @Test func framesGoBothWaysBetweenNodesAndAClient() async throws {
    let addresses = [
      node("north"): HostPort(host: "127.0.0.1", port: Ports.free()),
      node("south"): HostPort(host: "127.0.0.1", port: Ports.free()),
    ]
    let seen = Recorder()
    var observed = configuration("north", listen: addresses[node("north")], peers: addresses)
    observed.observer = { seen.record($0) }
    let north = try TestNode(observed)
    let south = try TestNode(configuration("south", listen: addresses[node("south")], peers: addresses))
    let tool = try TestNode(configuration("tool", listen: nil, peers: addresses))
    for node in [north, south, tool] { try await node.transport.start() }
    try await north.waitForLink(to: "south", "tool")
    try await south.waitForLink(to: "north", "tool")
    try await tool.waitForLink(to: "north", "south")
    let long = ByteBuffer(repeating: 3, count: 100_000)
    #expect(south.transport.send(long, to: node("north"), lane: .bulk) == .queued)
    #expect(tool.transport.send(ByteBuffer("from the tool"), to: node("north")) == .queued)
    try await eventually("two frames") { north.recorder.frames.count == 2 }
    #expect(Set(north.recorder.frames) == [long, ByteBuffer("from the tool")])
    let peer = PeerIdentity(cluster: "test", node: node("tool"), incarnation: 7, role: .client)
    #expect(north.transport.send(ByteBuffer("answer"), to: peer) == .queued)
    try await eventually("the answer") { tool.recorder.frames == [ByteBuffer("answer")] }
    #expect(north.transport.certificates.dates.isEmpty)
    try north.transport.reloadCertificates()
    for node in [north, south, tool] { await node.transport.stop() }
    // Who observes sees all of it, in the same order.
    #expect(seen.story == north.recorder.story && seen.frames == north.recorder.frames)
  }

  @Test(arguments: [
    "0.0.0.0:7000", "192.168.1.5:7000", "[::]:7000", "localhost:7000", "127.0.0.1.example:7000",
    "[::ffff:127.0.0.1]:7000",
  ])
  func otherAddressesThanThoseOfLoopbackAreRefused(text: String) throws {
    let address = try #require(HostPort(parsing: text))
    let own = HostPort(host: "127.0.0.1", port: 7001)
    let expected = TransportError.invalidConfiguration(
      "links without TLS are for loopback only, and \(address) is not: write 127.0.0.1 or ::1, or use TLS")
    #expect(throws: expected) { try TestNode(configuration("north", listen: address)) }
    #expect(throws: expected) {
      try TestNode(configuration("north", listen: own, peers: [node("south"): address]))
    }
    #expect(throws: expected) {
      try TestNode(configuration("tool", listen: nil, peers: [node("south"): address]))
    }
  }

  @Test(arguments: ["127.0.0.1:1", "127.8.9.10:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:1"])
  func addressesOfLoopback(text: String) throws {
    #expect(try #require(HostPort(parsing: text)).isLoopback)
  }

  /// Neither side of a mixed pair believes the other, whoever dials.
  @Test func linksWithoutTLSDoNotMixWithOthers() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    let north = try TestNode(cluster.configuration("north"))
    let south = try TestNode(
      configuration("south", listen: cluster.addresses[node("south")], peers: cluster.addresses))
    try await north.transport.start()
    try await south.transport.start()
    try await eventually("refused: \(north.log.all) \(south.log.all)") {
      let (secure, plain) = (north.transport.counters.refused, south.transport.counters.refused)
      return secure[.tls] != nil && (plain[.malformed] != nil || plain[.oversized] != nil)
    }
    try await Task.sleep(for: .milliseconds(200))
    #expect(north.recorder.story == [] && south.recorder.story == [])
    await north.transport.stop()
    await south.transport.stop()
  }
}
