// What the API of a witness does: it passes calls on, says how it is, and shows nothing that it does not have.
import Gateway
import NIOHTTP1
import PeerTransport
import Testing

@Suite struct WitnessTests {
  @Test func aWitnessPassesCallsOnAndShowsNothingOfItsOwn() async throws {
    try await TestCluster.run(["north", "south", "west"], queues: ["sales"], witnesses: ["west"]) { cluster in
      let made = try await cluster.request(
        .PUT, "/v1/queues/sales", at: 2, key: "q1", body: #"{"limit": 10}"#)
      #expect(made.status == 200, "\(made.text)")
      #expect(try await cluster.request(.GET, "/v1/queues/sales", at: 2).status == 200)

      for path in ["/v1/queues", "/v1/agents", "/v1/events"] {
        let refused = try await cluster.request(.GET, path, at: 2)
        #expect(refused.status == 503 && refused.errorCode == "witness", "\(path): \(refused.text)")
      }
      let ready = try await cluster.request(.GET, "/readyz", as: nil, at: 2)
      #expect(ready.status == 503)
      #expect(try ready.json(Readiness.self).reasons == [Readiness.witness])
      #expect(try await cluster.request(.GET, "/readyz?witness=ok", as: nil, at: 2).status == 200)
      #expect(try await cluster.request(.GET, "/healthz", as: nil, at: 2).status == 200)
      #expect(try await cluster.request(.GET, "/readyz", as: nil, at: 0).status == 200)

      struct Seen: Decodable { var nodes: [ClusterJSON.Node] }
      let seen = try await cluster.request(.GET, "/v1/cluster").json(Seen.self)
      #expect(seen.nodes.map(\.isWitness) == [false, false, true])
      #expect(seen.nodes[2].leads == 0 && seen.nodes[0].leads + seen.nodes[1].leads == 4)
    }
  }
}
