// A node that is drained over the API, and leaderships that a person moves.
import ActorCluster
import Foundation
import Gateway
import NIOHTTP1
import Testing

@Suite struct DrainTests {
  private struct Cluster: Decodable {
    struct Node: Decodable {
      var name: String
      var service: String?
      var leads: Int
    }
    var nodes: [Node]
  }

  private func leads(_ cluster: TestCluster, _ name: String, at node: Int) async throws -> Int {
    let answer = try await cluster.request(.GET, "/v1/cluster", at: node).json(Cluster.self)
    return answer.nodes.first { $0.name == name }?.leads ?? -1
  }

  private func wait(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<1_000 {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("not in time: \(what)")
  }

  @Test func aDrainedNodeLeadsNothingAndSendsItsReadersElsewhere() async throws {
    try await TestCluster.run(["north", "south", "west"]) { cluster in
      try await wait("north leads, and hears the others") {
        let check = try await cluster.request(.GET, "/v1/cluster").json(Cluster.self)
        return check.nodes.allSatisfy { $0.service == "active" }
          && check.nodes.contains { $0.name == "north" && $0.leads > 0 }
      }
      async let messages = cluster.events(mayEnd: true) { _ in false }
      try await Task.sleep(for: .milliseconds(100))
      let begun = try await cluster.request(.POST, "/v1/node/drain")
      #expect(begun.status == 202, "\(begun.text)")
      try await wait("it is drained") {
        try await cluster.request(.GET, "/v1/node/drain").json(DrainJSON.self).safeToStop
      }
      #expect(try await messages.map(\.event) == ["position", "retry 100"])
      #expect(try await cluster.request(.GET, "/readyz", as: nil).status == 503)
      #expect(try await cluster.request(.GET, "/v1/events").errorCode == "draining")
      try await wait("the others know it") { try await leads(cluster, "north", at: 1) == 0 }
      // It still answers for all partitions, and nothing comes back to it.
      for number in 0..<12 {
        let answer = try await cluster.request(
          .POST, "/v1/interactions", key: "k\(number)", body: #"{"channel":"voice","queue":"q\#(number)"}"#)
        #expect(answer.status == 201, "\(answer.text)")
      }
      try await Task.sleep(for: .seconds(1))
      #expect(try await leads(cluster, "north", at: 1) == 0)
      // A second one at the same time would leave no majority.
      try await wait("south has heard of it") {
        try await cluster.request(.GET, "/v1/cluster", at: 1).json(Cluster.self).nodes.contains {
          $0.name == "north" && $0.service == "drained"
        }
      }
      let second = try await cluster.request(.POST, "/v1/node/drain", at: 1)
      #expect(second.errorCode == "drainUnsafe")
      #expect(second.text.contains("north is being drained, too"))
      let ended = try await cluster.request(.DELETE, "/v1/node/drain").json(DrainJSON.self)
      #expect(ended.state == .active)
      try await wait("it is ready") {
        try await cluster.request(.GET, "/readyz", as: nil).status == 200
      }
      try await wait("it leads again") { try await leads(cluster, "north", at: 1) > 0 }
    }
  }

  @Test func aSingleNodeIsNotDrainedWithoutForce() async throws {
    try await TestCluster.run { cluster in
      #expect(try await cluster.request(.POST, "/v1/node/drain").errorCode == "drainUnsafe")
      #expect(try await cluster.request(.POST, "/v1/node/drain", as: .agent).status == 403)
      let forced = try await cluster.request(.POST, "/v1/node/drain", body: #"{"force": true}"#)
      #expect(forced.status == 202)
      try await wait("it says what is in its way") {
        try await cluster.request(.GET, "/v1/node/drain").json(DrainJSON.self).obstacle != nil
      }
    }
  }

  @Test func aLeadershipGoesWhereAPersonWantsItAndStays() async throws {
    try await TestCluster.run(["north", "south", "west"]) { cluster in
      // By preference the first partition is north's.
      try await wait("north leads partition 0") {
        await cluster.nodes[0].system.partitions()[0].isServing
          && cluster.nodes[0].system.nodeViews().count == 3
      }
      let body = #"{"partition": 0, "to": "west"}"#
      #expect(
        try await cluster.request(.POST, "/v1/node/transfer", at: 1, body: body).errorCode == "notLeader")
      let done = try await cluster.request(.POST, "/v1/node/transfer", body: body)
      #expect(done.status == 200, "\(done.text)")
      let cases = [
        (#"{"partition": 99, "to": "west"}"#, "unknownPartition"),
        (#"{"partition": 0, "to": "east"}"#, "unknownNode"),
      ]
      for (body, code) in cases {
        #expect(try await cluster.request(.POST, "/v1/node/transfer", body: body).errorCode == code)
      }
      // Longer than a node must be up before it is given what it should lead.
      try await Task.sleep(for: .seconds(4))
      #expect(await cluster.nodes[2].system.partitions()[0].isServing)
    }
  }
}
