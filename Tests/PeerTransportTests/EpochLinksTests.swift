// Epochs over real links: who meets whom, and what a node that was left behind is told.
import NIOCore
import PeerTransport
import Testing

@Suite struct EpochLinksTests {
  private func start(_ cluster: TestCluster, _ name: String, epoch: UInt64) async throws -> TestNode {
    var configuration = cluster.configuration(name)
    configuration.identity.epoch = epoch
    configuration.epochNotice = ByteBuffer("notice of \(epoch)")
    let node = try TestNode(configuration)
    try await node.transport.start()
    return node
  }

  @Test func aNodeThatWasLeftBehindIsTold() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    let north = try await start(cluster, "north", epoch: 9)
    let south = try await start(cluster, "south", epoch: 1)
    try await eventually("south was told, \(south.recorder.story)") {
      south.recorder.events.contains { event in
        if case .superseded(let by, let notice) = event {
          by == node("north") && notice == ByteBuffer("notice of 9")
        } else {
          false
        }
      }
    }
    #expect(!south.recorder.isConnected("north") && !north.recorder.isConnected("south"))
    #expect(!north.recorder.story.contains { $0.hasPrefix("<<") }, "only the earlier one gives up its files")
    for node in [north, south] { await node.transport.stop() }
  }

  /// It may meet everybody, until it knows where it belongs.
  @Test func whoTakesOnAnEpochLeavesTheOthers() async throws {
    let cluster = try TestCluster(nodes: ["north", "south", "west"])
    let north = try await start(cluster, "north", epoch: 9)
    let west = try await start(cluster, "west", epoch: 1)
    let south = try await start(cluster, "south", epoch: 0)
    try await south.waitForLink(to: "north", "west")
    south.transport.setEpoch(9, notice: ByteBuffer("notice of 9"))
    try await eventually("south has left west") { !south.recorder.isConnected("west") }
    // West dials on and is told, too.
    try await eventually("west was told by south, \(west.recorder.story)") {
      west.recorder.story.contains("<<south")
    }
    #expect(south.recorder.isConnected("north") && south.recorder.disconnections(of: "north").isEmpty)
    for node in [north, south, west] { await node.transport.stop() }
  }
}
