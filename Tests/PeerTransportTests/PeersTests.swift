// Nodes that are let in and out while the transport runs.
import NIOCore
import PeerTransport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PeersTests {
  @Test func nodesComeAndGoWhileOthersStayConnected() async throws {
    let cluster = try TestCluster(nodes: ["north", "south", "west"])
    var configuration = cluster.configuration("north")
    let all = configuration.peers
    configuration.peers[node("west")] = nil
    let north = try TestNode(configuration)
    let south = try TestNode(cluster.configuration("south"))
    let west = try TestNode(cluster.configuration("west"))
    for one in [north, south, west] { try await one.transport.start() }
    try await north.waitForLink(to: "south")
    try await south.waitForLink(to: "west")
    #expect(!north.recorder.story.contains { $0.contains("west") }, "it is let in by nobody")

    north.transport.setPeers(all)
    try await north.waitForLink(to: "west")
    try await west.waitForLink(to: "north")
    #expect(north.transport.send(ByteBuffer(integer: 1), to: node("west")) == .queued)
    try await eventually("the frame") { west.recorder.frames.count == 1 }

    north.transport.setPeers(all.filter { $0.key == node("west") })
    try await eventually("south is out") { north.recorder.disconnections(of: "south") == [.notAMember] }
    #expect(north.transport.send(ByteBuffer(integer: 1), to: node("south")) == .notConnected)
    // It dials, and is not taken.
    try await Task.sleep(for: .milliseconds(300))
    #expect(north.recorder.disconnections(of: "south").count == 1)
    #expect(north.recorder.disconnections(of: "west") == [], "whoever stays does not notice")
    #expect(!north.transport.links().contains { $0.peer == node("south") && $0.state == .ready })

    north.transport.setPeers(all)
    try await eventually("south is back") { north.recorder.story.filter { $0.hasPrefix("+") }.count == 3 }
    #expect(north.recorder.incoherence == nil && west.recorder.incoherence == nil)
    for one in [north, south, west] { await one.transport.stop() }
  }

  @Test func whatIsSetBeforeTheStartCounts() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    var configuration = cluster.configuration("north")
    let all = configuration.peers
    configuration.peers = [:]
    let north = try TestNode(configuration)
    let south = try TestNode(cluster.configuration("south"))
    north.transport.setPeers(all)
    try await north.transport.start()
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    await north.transport.stop()
    north.transport.setPeers([:])
    await south.transport.stop()
  }
}
