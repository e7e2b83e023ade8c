// A node that reaches a majority and not all leaders, and reads that need no leader: real nodes and links.
import ActorCluster
import Foundation
import Gateway
import NIOHTTP1
import PeerTransport
import Testing

@Suite(.serialized) struct RelayedRequestsTests {
  private static let names = ["north", "south", "west"]

  private static func wait(
    _ what: Comment, _ condition: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
      try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private static func ready(_ cluster: TestCluster, at node: Int) async throws -> Bool {
    try await cluster.request(.GET, "/readyz", as: nil, at: node).status == 200
  }

  @Test func aNodeThatDoesNotReachALeaderIsServedThroughAnother() async throws {
    try await TestCluster.run(Self.names, partitions: 8, apart: ["north", "west"]) { cluster in
      let (north, west) = (cluster.nodes[0].system, cluster.nodes[2].system)
      try await Self.wait("west leads something") {
        if await west.partitions().contains(where: \.isServing) { return true }
        // On a busy machine leaderships are spread late.
        let south = cluster.nodes[1].system
        for partition in await south.partitions().filter(\.isServing).prefix(2) {
          try? await south.transfer(partition.partition, to: west.node)
        }
        return false
      }
      let served = await west.partitions().filter(\.isServing).map(\.partition)
      #expect(north.links().allSatisfy { $0.peer != west.node || $0.state != .ready })
      var relayed = 0
      for number in 0..<32 {
        let name = "q\(number)"
        let key = ActorKey(type: "queue", id: name)
        let path = "/v1/queues/\(name)"
        let put = try await cluster.request(.PUT, path, key: "k\(number)", body: #"{"limit":7}"#)
        #expect(put.status == 200, "\(put.text)")
        // A retry over any way has one effect.
        let again = try await cluster.request(.PUT, path, at: 1, key: "k\(number)", body: #"{"limit":7}"#)
        #expect(again.status == 200)
        #expect(try await cluster.request(.GET, path).status == 200)
        if served.contains(north.configuration.topology.placement.partition(of: key)) { relayed += 1 }
      }
      #expect(relayed > 0)
      for partition in served { #expect(north.isRelayed(partition)) }
      #expect(try await Self.ready(cluster, at: 0))
      // Without the one in the middle nobody has a majority.
      await cluster.nodes[1].stop()
      try await Self.wait("north says that it is not ready") { try await !Self.ready(cluster, at: 0) }
    }
  }

  @Test func staleReadsNeedNoLeader() async throws {
    try await TestCluster.run(Self.names) { cluster in
      let path = "/v1/queues/sales"
      #expect(
        try await cluster.request(.PUT, path, key: "k", body: #"{"limit":7}"#).status == 200)
      func read(_ query: String, at node: Int) async throws -> Answer {
        try await cluster.request(.GET, path + query, at: node)
      }
      for node in 0..<3 {
        let usual = try await read("", at: node)
        #expect(usual.headers.first(name: "Switchboard-Age-Milliseconds") == nil)
        // What it just was told may not be here yet.
        try await Self.wait("node \(node) has it") {
          let stale = try await read("?consistency=stale&max_age_ms=2000", at: node)
          guard stale.status == 200 else { return false }
          let age = stale.headers.first(name: "Switchboard-Age-Milliseconds").flatMap { Int($0) }
          #expect(age.map { (0...2_000).contains($0) } == true)
          return stale.text == usual.text || stale.text.contains(#""limit":7"#)
        }
      }
      for query in ["?consistency=fresh", "?consistency=stale&max_age_ms=x", "?max_age_ms=5"] {
        let refused = try await read(query, at: 0)
        #expect(refused.status == 400 && refused.errorCode == "invalidQuery", "\(query): \(refused.text)")
      }
      await cluster.nodes[0].stop()
      await cluster.nodes[1].stop()
      // If it led, it takes itself for the leader until its election timeout is over.
      try await Self.wait("what it has grows old") {
        let alone = try await read("?consistency=stale&max_age_ms=600000", at: 2)
        #expect(alone.status == 200, "\(alone.text)")
        return (alone.headers.first(name: "Switchboard-Age-Milliseconds").flatMap { Int($0) } ?? -1) >= 500
      }
      let tooOld = try await read("?consistency=stale&max_age_ms=100", at: 2)
      #expect(tooOld.status == 503 && tooOld.errorCode == "unavailable", "\(tooOld.text)")
    }
  }
}
