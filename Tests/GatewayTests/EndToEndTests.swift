// The API of a real node: HTTP in, durable actors, HTTP out.
import ActorCluster
import ContactCenter
import Foundation
import Gateway
import NIOCore
import NIOHTTP1
import PeerTransport
import Testing

@Suite(.serialized) struct EndToEndTests {
  @Test func aCallFromArrivalToItsEnd() async throws {
    try await TestCluster.run { cluster in
      let queue = try await cluster.request(.PUT, "/v1/queues/sales", key: "q", body: #"{"limit":100}"#)
      #expect(queue.status == 200, "\(queue.text)")
      let signedIn = try await cluster.request(
        .PUT, "/v1/agents/ann/session", as: .agent, key: "s",
        body: #"{"queues":["sales"],"skills":["en"],"capacity":{"voice":1}}"#)
      #expect(signedIn.status == 200, "\(signedIn.text)")
      #expect(try signedIn.json(AgentJSON.self).state == .notReady)
      #expect(try await cluster.request(.POST, "/v1/agents/ann/ready", as: .agent, key: "r").status == 200)

      let created = try await cluster.request(
        .POST, "/v1/interactions", as: .channel, key: "call-1",
        body:
          #"{"channel":"voice","queue":"sales","customer":"c7","attributes":{"line":"4"},"wrapUpMs":60000}"#)
      #expect(created.status == 201, "\(created.text)")
      let id = try created.json(InteractionJSON.self).id
      #expect(created.headers.first(name: "location") == "/v1/interactions/\(id)")

      let offered = try await cluster.interaction(id) { $0.state == .offered }
      #expect(offered.agent == "ann")
      #expect(offered.customer == "c7")
      func act(_ verb: String, _ body: String, as role: Role = .agent) async throws -> Answer {
        try await cluster.request(.POST, "/v1/interactions/\(id)/\(verb)", as: role, key: verb, body: body)
      }
      let wrong = try await act("decline", #"{"agent":"bob"}"#)
      #expect(wrong.status == 409)
      #expect(wrong.errorCode == "notOffered")
      #expect(try await act("accept", #"{"agent":"ann"}"#).json(InteractionJSON.self).state == .active)
      let completed = try await act("complete", #"{"agent":"ann","disposition":"sold"}"#).json(
        InteractionJSON.self)
      #expect(completed.state == .wrapUp)
      let closed = try await act("finish-wrap-up", #"{"agent":"ann"}"#).json(InteractionJSON.self)
      #expect(closed.state == .closed)
      #expect(closed.outcome == .completed)
      #expect(closed.disposition == "sold")
      #expect(closed.answers == 1)
      let late = try await act("abandon", "", as: .channel)
      #expect(late.errorCode == "closed")
      #expect(
        try await cluster.request(.DELETE, "/v1/agents/ann/session", key: "o").json(AgentJSON.self).state
          == .signedOut)
    }
  }

  @Test func aRetryWithTheSameKeyHasOneEffectAndTheSameReply() async throws {
    try await TestCluster.run { cluster in
      let body = #"{"channel":"chat","queue":"q"}"#
      let first = try await cluster.request(.POST, "/v1/interactions", key: "k", body: body)
      let again = try await cluster.request(.POST, "/v1/interactions", key: "k", body: body)
      #expect(first.status == 201)
      #expect(again.status == 201)
      #expect(first.body == again.body)
      let other = try await cluster.request(.POST, "/v1/interactions", as: .channel, key: "k", body: body)
      #expect(try other.json(InteractionJSON.self).id != first.json(InteractionJSON.self).id)
      try await Task.sleep(for: .milliseconds(200))
      let queue = try await cluster.request(.GET, "/v1/queues/q", as: .viewer).json(QueueJSON.self)
      #expect(queue.waitingTotal == 2)
    }
  }

  @Test func aFullQueueRefusesWhatIsNewAndNotARetry() async throws {
    try await TestCluster.run { cluster in
      _ = try await cluster.request(.PUT, "/v1/queues/q", key: "c", body: #"{"limit":1}"#)
      let body = #"{"channel":"voice","queue":"q"}"#
      #expect(try await cluster.request(.POST, "/v1/interactions", key: "1", body: body).status == 201)
      try await Task.sleep(for: .milliseconds(200))
      let refused = try await cluster.request(.POST, "/v1/interactions", key: "2", body: body)
      #expect(refused.status == 429)
      #expect(refused.errorCode == "overloaded")
      #expect(refused.headers.first(name: "retry-after") == "5")
      #expect(try await cluster.request(.POST, "/v1/interactions", key: "1", body: body).status == 201)
    }
  }

  @Test func wrongRequestsAreToldWhatIsWrong() async throws {
    try await TestCluster.run(queues: ["sales"]) { cluster in
      func expect(
        _ code: String, _ status: Int, _ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation
      ) {
        #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.errorCode == code, sourceLocation: sourceLocation)
        #expect(
          answer.headers.first(name: "content-type") == "application/json", sourceLocation: sourceLocation)
      }
      let create = #"{"channel":"voice","queue":"q"}"#
      expect("unauthorized", 401, try await cluster.request(.GET, "/v1/cluster", as: nil))
      expect(
        "forbidden", 403,
        try await cluster.request(.POST, "/v1/interactions", as: .agent, key: "k", body: create))
      expect(
        "forbidden", 403, try await cluster.request(.PUT, "/v1/queues/q", as: .channel, key: "k", body: "{}"))
      expect("unauthorized", 401, try await cluster.request(.GET, "/v1/events", as: nil))
      expect("unauthorized", 401, try await cluster.request(.GET, "/metrics", as: nil))
      expect("unauthorized", 401, try await cluster.request(.GET, "/v1/links", as: nil))
      expect("unknownRoute", 404, try await cluster.request(.GET, "/v1/nothing"))
      expect(
        "idempotencyKeyRequired", 400, try await cluster.request(.POST, "/v1/interactions", body: create))
      expect("malformedBody", 400, try await cluster.request(.POST, "/v1/interactions", key: "k", body: "{"))
      expect(
        "unknownKey", 400,
        try await cluster.request(
          .POST, "/v1/interactions", key: "k", body: #"{"channel":"voice","queue":"q","x":1}"#))
      expect(
        "invalid", 422,
        try await cluster.request(
          .POST, "/v1/interactions", key: "k", body: #"{"channel":"voice","queue":"q","priority":10}"#))
      expect(
        "invalid", 422,
        try await cluster.request(
          .POST, "/v1/interactions", key: "k", body: #"{"channel":"voice","queue":""}"#))
      expect("invalid", 422, try await cluster.request(.GET, "/v1/queues/caf%C3%A9"))
      expect(
        "invalid", 422,
        try await cluster.request(
          .POST, "/v1/interactions", key: "k", body: #"{"channel":"voice","queue":"é"}"#))
      expect(
        "invalid", 422,
        try await cluster.request(.PUT, "/v1/agents/a/session", key: "k", body: #"{"queues":["é"]}"#))
      expect("unknownInteraction", 404, try await cluster.request(.GET, "/v1/interactions/nobody"))
      expect("notSignedIn", 409, try await cluster.request(.POST, "/v1/agents/bob/ready", key: "k"))
      expect(
        "invalidHeader", 400,
        try await cluster.request(.GET, "/v1/queues/q", headers: [("X-Timeout-Ms", "1")]))
      expect(
        "invalidEventID", 400,
        try await cluster.request(.GET, "/v1/events", headers: [("Last-Event-ID", "x")]))
      let large = #"{"channel":"voice","queue":"\#(String(repeating: "q", count: 70_000))"}"#
      expect("bodyTooLarge", 413, try await cluster.request(.POST, "/v1/interactions", key: "k", body: large))
    }
  }

  @Test func pathsAreDecoded() async throws {
    try await TestCluster.run { cluster in
      let answer = try await cluster.request(
        .PUT, "/v1/queues/%7Bab%7Dc%20%2F", key: "k", body: #"{"limit":5}"#)
      #expect(answer.status == 200, "\(answer.text)")
      #expect(try answer.json(QueueJSON.self).id == "{ab}c /")
    }
  }

  @Test func aNodeTellsHowItIs() async throws {
    try await TestCluster.run(queues: ["b", "a"]) { cluster in
      #expect(try await cluster.request(.GET, "/healthz", as: nil).status == 200)
      #expect(try await cluster.request(.GET, "/readyz", as: nil).json(Readiness.self).ready)
      let page = try await cluster.request(.GET, "/", as: nil)
      #expect(page.text == Page.html)
      #expect(
        page.headers.first(name: "content-security-policy")?.contains("'self' http://127.0.0.1:1;") == true)
      struct Seen: Decodable {
        struct Partition: Decodable { var leader: String? }
        var cluster: String
        var node: String
        var nodes: [ClusterJSON.Node]
        var partitions: [Partition]
      }
      let seen = try await cluster.request(.GET, "/v1/cluster", as: .viewer).json(Seen.self)
      #expect(seen.nodes.map(\.state) == [.self])
      #expect(seen.nodes.first?.leads == 4)
      #expect(seen.nodes.first?.api == "http://127.0.0.1:1")
      // 366 within the second in which it was made.
      #expect(seen.nodes.first?.certificate == "well")
      #expect([365, 366].contains(seen.nodes.first?.certificateDays))
      #expect(seen.partitions.map(\.leader) == Array(repeating: "north", count: 4))
      let queues = try await cluster.request(.GET, "/v1/queues").json(QueueList.self)
      #expect(queues.queues.map(\.id) == ["a", "b"])
      #expect(try await cluster.request(.GET, "/v1/agents").json(AgentList.self).agents.map(\.id) == ["ann"])
      let metrics = try await cluster.request(.GET, "/metrics", as: .viewer).text
      #expect(metrics.contains("\nswitchboard_partitions_led 4\n"))
      #expect(metrics.contains("\nswitchboard_certificate_expiry_seconds{file=\"own\"} 316"))
      #expect(metrics.contains("\nswitchboard_certificate_reload_failed 0\n"))
      #expect(metrics.contains("\nswitchboard_peer_refused_total{kind=\"ping_flood\"} 0\n"))
      #expect(metrics.contains("switchboard_http_requests_total{method=\"GET\",status=\"200\"}"))
    }
  }

  @Test func aNodeTellsOfItsLinks() async throws {
    try await TestCluster.run(["north", "south"]) { cluster in
      var seen = try await cluster.request(.GET, "/v1/links", as: .viewer).json(LinksJSON.self)
      while seen.links.contains(where: { $0.roundTripUs == nil }) {
        try await Task.sleep(for: .milliseconds(20))
        seen = try await cluster.request(.GET, "/v1/links", as: .viewer).json(LinksJSON.self)
      }
      #expect(seen.node == "north" && seen.links.map(\.direction) == ["dialed", "accepted"])
      #expect(seen.links.allSatisfy { $0.peer == "south" && $0.role == "node" && $0.state == "ready" })
      #expect(seen.links.allSatisfy { $0.version == 2 && $0.incarnation == 1 && $0.address != nil })
      #expect(seen.links.allSatisfy { Set($0.queued.keys) == ["control", "consensus", "calls", "bulk"] })
      #expect(seen.links[0].framesSent > 0 && seen.links[1].framesReceived > 0)
      let metrics = try await cluster.request(.GET, "/metrics", as: .viewer).text
      #expect(
        metrics.contains("\nswitchboard_link_round_trip_microseconds{peer=\"south\",direction=\"dialed\"} "))
    }
  }

  @Test func pagesOfTheClusterMayCallAndOthersMayNot() async throws {
    try await TestCluster.run { cluster in
      let preflight = try await cluster.request(
        .OPTIONS, "/v1/cluster", as: nil,
        headers: [("Origin", "http://127.0.0.1:1"), ("Access-Control-Request-Method", "GET")])
      #expect(preflight.status == 204)
      #expect(preflight.headers.first(name: "access-control-allow-origin") == "http://127.0.0.1:1")
      #expect(
        preflight.headers.first(name: "access-control-allow-headers")?.contains("Last-Event-ID") == true)
      let other = try await cluster.request(.GET, "/v1/cluster", headers: [("Origin", "http://evil.example")])
      #expect(other.headers.first(name: "access-control-allow-origin") == nil)
    }
  }

  @Test func aPortInUseIsSaidSo() async throws {
    try await TestCluster.run { cluster in
      let address = HostPort(host: "127.0.0.1", port: cluster.nodes[0].port)
      let second = Gateway(
        configuration: GatewayConfiguration(
          listen: address, node: cluster.nodes[0].system.node, cluster: "test", tokens: []),
        system: cluster.nodes[0].system, readModel: ListedInTests(), logger: cluster.nodes[0].system.logger)
      await #expect(throws: GatewayError.addressInUse(address)) { try await second.run() }
    }
  }

  @Test func withoutAMajorityTheNodeSaysSo() async throws {
    try await TestCluster.run(["north", "south", "west"], started: ["north"], waitUntilReady: false) {
      cluster in
      try await Task.sleep(for: .milliseconds(300))
      let readiness = try await cluster.request(.GET, "/readyz", as: nil)
      #expect(readiness.status == 503)
      #expect(try readiness.json(Readiness.self).reasons.count == 4)
      let answer = try await cluster.request(
        .POST, "/v1/agents/ann/ready", key: "k", headers: [("X-Timeout-Ms", "300")])
      #expect(answer.status == 503, "\(answer.text)")
      #expect(answer.errorCode == "unavailable")
      #expect(answer.headers.first(name: "retry-after") == "1")
      #expect(answer.text.contains("Idempotency-Key"))
      struct Seen: Decodable { var nodes: [ClusterJSON.Node] }
      let seen = try await cluster.request(.GET, "/v1/cluster").json(Seen.self)
      #expect(seen.nodes.map(\.state) == [.self, .unreachable, .unreachable])
    }
  }
}
