// `/v1/members` on a real node: who may change the cluster, and what it refuses.
import ActorCluster
import Foundation
import Gateway
import NIOHTTP1
import PeerTransport
import Testing

@Suite(.serialized) struct MemberRoutesTests {
  @Test func nodesAreLetInOnceAndMistakesAreRefused() async throws {
    try await TestCluster.run { cluster in
      var answer = try await cluster.request(.GET, "/v1/members", as: .viewer)
      while answer.status == 503 {
        try await Task.sleep(for: .milliseconds(50))
        answer = try await cluster.request(.GET, "/v1/members", as: .viewer)
      }
      let founded = try answer.json(MembershipReport.self)
      #expect(founded.members.map(\.name.rawValue) == ["north"] && founded.members[0].votes == 4)
      func post(_ path: String, _ body: String, as role: Role = .admin, key: String?) async throws -> Answer {
        try await cluster.request(.POST, path, as: role, key: key, body: body)
      }
      let east = #"{"name":"east","peer":"127.0.0.1:7","site":"cloud"}"#
      for role in [Role.viewer, .agent, .channel] {
        #expect(try await post("/v1/members", east, as: role, key: "a").status == 403)
        #expect(try await post("/v1/members/north/removal", "{}", as: role, key: "a").status == 403)
      }
      #expect(try await post("/v1/members", east, key: nil).errorCode == "idempotencyKeyRequired")
      #expect(
        try await post("/v1/members", #"{"name":"east","peer":"x","port":1}"#, key: "b").errorCode
          == "unknownKey")
      #expect(try await post("/v1/members", #"{"name":"east","peer":"nowhere"}"#, key: "c").status == 422)
      let added = try await post("/v1/members", east, key: "d")
      #expect(added.status == 202, "\(added.text)")
      #expect(try await post("/v1/members", east, key: "d").status == 202, "the same command again")
      #expect(try await post("/v1/members", east, key: "e").errorCode == "alreadyExists")
      let report = try await cluster.request(.GET, "/v1/members").json(MembershipReport.self)
      #expect(report.members.map(\.status) == ["active", "joining"] && report.members[1].site == "cloud")
      #expect(try await post("/v1/members/wset/removal", "{}", key: "f").status == 404)
      let last = try await post("/v1/members/north/removal", #"{"fewer":true}"#, key: "g")
      #expect(last.status == 409 && last.text.contains("the last node"), "\(last.text)")
      #expect(try await post("/v1/members/upgrade", "{}", key: "h").status == 409)
      #expect(try await post("/v1/members/east/removal", "{}", key: "i").status == 202)
    }
  }
}
