// Nodes join and leave a cluster under load, and take the place of others: real processes, real files.
import ActorCluster
import ClusterTestKit
import Foundation
import PeerTransport
import Testing

@Suite(.serialized) struct MembershipProcessTests {
  private let north = NodeID(rawValue: "north")
  private let south = NodeID(rawValue: "south")
  private let west = NodeID(rawValue: "west")
  private let east = NodeID(rawValue: "east")
  private let up = NodeID(rawValue: "up")

  @Test(.timeLimit(.minutes(5)))
  func threeToFiveToThreeUnderLoad() async throws {
    let setup = ProcessCluster.Setup(nodes: ["north", "south", "west", "east", "up"], founders: 3)
    try await ProcessCluster.run(setup) { cluster, callers in
      try await settled(cluster, at: north, members: 3)
      try await callers.goOn()
      for node in [east, up] {
        try await order(.add(cluster.addition(of: node)), north, cluster)
        try cluster.start(node)
      }
      try await settled(cluster, at: north, members: 5)
      // 16 partitions with three voters each on five nodes. Whoever is out hears of it a moment later.
      try await cluster.waitUntil("all vote in their share", within: .seconds(30)) { cluster in
        cluster.nodes.allSatisfy { (9...10).contains(cluster.report($0)?.votes ?? 0) }
      }
      try await cluster.waitUntil("all lead their share", within: .seconds(60)) { cluster in
        cluster.nodes.allSatisfy { (cluster.report($0)?.leads ?? 0) >= 2 }
      }
      try await cluster.waitUntil("copies that are elsewhere go", within: .seconds(30)) { cluster in
        cluster.nodes.allSatisfy { cluster.report($0)?.holds == cluster.report($0)?.votes }
      }
      try await callers.goOn()
      // A founder leaves with one that came: what is founded is nothing special.
      for node in [west, up] { try await order(.remove(node.rawValue, leavesFewer: false), east, cluster) }
      try await settled(cluster, at: north, members: 3)
      for node in [west, up] {
        try await cluster.waitForLog(of: node, "takes no part any more")
        cluster.kill(node)
        try FileManager.default.removeItem(at: cluster.data(of: node))
      }
      try await callers.goOn()
      try await cluster.waitUntil("the three vote everywhere", within: .seconds(30)) { cluster in
        [north, south, east].allSatisfy { cluster.report($0)?.votes == 16 }
      }
      // What is left survives the loss of one.
      cluster.kill(south)
      try await callers.goOn()
      try cluster.start(south)
      try await cluster.waitUntil("south is back", within: .seconds(60)) { $0.report(south)?.votes == 16 }
      // It knows its cluster by its own files, and not by its list of nodes.
      try await cluster.waitUntil("south knows its cluster", within: .seconds(20)) { cluster in
        cluster.report(south)?.members?.members.filter { $0.status == "active" }.count == 3
      }
    }
  }

  @Test(.timeLimit(.minutes(4)))
  func aNodeTakesThePlaceOfOneThatIsGoneForGood() async throws {
    let setup = ProcessCluster.Setup(
      nodes: ["north", "south", "west", "east"], founders: 3, partitions: 4, isLoaded: false)
    try await ProcessCluster.run(setup) { cluster, callers in
      try await settled(cluster, at: north, members: 3)
      try await callers.addToEach(rounds: 5)
      cluster.kill(west)
      try FileManager.default.removeItem(at: cluster.data(of: west))
      // The two that are left are a majority only together.
      try await refused(.remove("south", leavesFewer: true), north, cluster, "cannot be reached")
      try await refused(.remove("west", leavesFewer: false), north, cluster, "would be left")
      try await refused(.remove("wset", leavesFewer: false), north, cluster, "there is no node")
      var addition = cluster.addition(of: east)
      addition.replaces = "west"
      try await order(.add(addition), north, cluster)
      try await refused(.add(addition), south, cluster, "in the cluster already")
      try cluster.start(east)
      try await cluster.waitUntil("west is gone", within: .seconds(60)) { cluster in
        cluster.report(north)?.members?.members.contains { $0.name == west && $0.status == "gone" } == true
      }
      try await settled(cluster, at: north, members: 3)
      try await cluster.waitUntil("east knows", within: .seconds(20)) { $0.report(east)?.votes == 4 }
      #expect(cluster.report(east)?.votes == 4)
      try await callers.addToEach(rounds: 5)
      // Its votes count: without them there would be no majority now.
      cluster.kill(south)
      try await callers.addToEach(rounds: 5)
    }
  }

  /// Its number is gone for good; its name may come back on an empty disk.
  @Test(.timeLimit(.minutes(4)))
  func aRemovedNodeComesBackOnlyAsANewOne() async throws {
    let setup = ProcessCluster.Setup(
      nodes: ["north", "south", "west", "east"], founders: 3, partitions: 4, isLoaded: false)
    try await ProcessCluster.run(setup) { cluster, callers in
      try await settled(cluster, at: north, members: 3)
      for turn in 1...2 {
        try await order(.add(cluster.addition(of: east)), north, cluster)
        try cluster.start(east)
        try await settled(cluster, at: north, members: 4)
        try await callers.addToEach(rounds: 5)
        try await order(.remove("east", leavesFewer: false), south, cluster)
        try await settled(cluster, at: south, members: 3)
        try await cluster.waitForLog(of: east, "takes no part any more")
        cluster.kill(east)
        try cluster.start(east)
        try await cluster.waitUntil("it refuses to start", within: .seconds(20)) { !$0.isRunning(east) }
        #expect(cluster.exitStatus(of: east) == 3)
        #expect(cluster.log(of: east).contains("was removed from the cluster"))
        try FileManager.default.removeItem(at: cluster.data(of: east))
        let gone = cluster.report(south)?.members?.members.filter { $0.name == east }.map(\.number)
        #expect(gone == (turn == 1 ? [4] : [4, 5]))
      }
      try await callers.addToEach(rounds: 5)
    }
  }

  // MARK: orders

  private func order(_ order: ClusterOrder, _ node: NodeID, _ cluster: ProcessCluster) async throws {
    #expect(try await outcome(order, node, cluster) == "done")
  }

  private func refused(
    _ order: ClusterOrder, _ node: NodeID, _ cluster: ProcessCluster, _ words: String
  ) async throws {
    let outcome = try await outcome(order, node, cluster)
    #expect(outcome.contains(words), "\(outcome)")
  }

  private func outcome(_ order: ClusterOrder, _ node: NodeID, _ cluster: ProcessCluster) async throws
    -> String
  {
    try cluster.local.order(order, of: node)
    try await cluster.waitUntil("\(node) answers", within: .seconds(30)) {
      (try? $0.local.outcome(of: node)) != nil
    }
    return try cluster.local.outcome(of: node) ?? ""
  }

  /// So many nodes are active, nobody comes or goes, and every partition is where it is to be.
  private func settled(_ cluster: ProcessCluster, at node: NodeID, members count: Int) async throws {
    try await cluster.waitUntil("\(count) nodes have all partitions", within: .seconds(120)) { cluster in
      guard let report = cluster.report(node)?.members else { return false }
      let present = report.members.filter { $0.status != "gone" }
      return present.count == count && present.allSatisfy { $0.status == "active" } && report.moving.isEmpty
    }
  }
}

extension ProcessCluster {
  func addition(of node: NodeID) -> NodeAddition {
    NodeAddition(name: node.rawValue, peer: "127.0.0.1:\(local.ports[node.rawValue] ?? 0)")
  }
}
