// Event streams of real nodes: what a reader sees, here and at another node, and what becomes of readers that go.
import ActorCluster
import AsyncHTTPClient
import ContactCenter
import Foundation
import Gateway
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@Suite(.serialized) struct EventStreamEndToEndTests {
  private func create(_ number: Int, in cluster: TestCluster, at node: Int = 0) async throws -> String {
    let answer = try await cluster.request(
      .POST, "/v1/interactions", at: node, key: "call-\(number)", body: #"{"channel":"voice","queue":"q"}"#)
    return try answer.json(InteractionJSON.self).id
  }

  private static func created(_ messages: [Message]) -> [String] {
    struct Event: Decodable { var interaction: String }
    return messages.filter { $0.event == "interaction.waiting" }.compactMap {
      try? JSONDecoder().decode(Event.self, from: Data($0.data.utf8)).interaction
    }
  }

  @Test func aStreamBeginsNowAndFilters() async throws {
    try await TestCluster.run { cluster in
      _ = try await create(0, in: cluster)
      let start = try await cluster.events { !$0.isEmpty }
      #expect(start.map(\.event) == ["position"])
      #expect(start.first?.data == "{}")
      let wanted = try await create(1, in: cluster)
      _ = try await create(2, in: cluster)
      let id = try #require(start.first?.id)
      let seen = try await cluster.events("?interaction=\(wanted)", after: id) { $0.count >= 2 }
      #expect(seen.allSatisfy { $0.data.contains(wanted) })
      #expect(Self.created(seen) == [wanted])
      let byQuery = try await cluster.events("?queue=q&lastEventID=\(id)") { Self.created($0).count == 2 }
      #expect(Self.created(byQuery).contains(wanted))
    }
  }

  @Test func aReaderThatHangsUpAfterEveryEventMissesAndRepeatsNothing() async throws {
    try await TestCluster.run { cluster in
      var last = try #require(try await cluster.events { !$0.isEmpty }.first?.id)
      var ids: Set<String> = []
      for number in 0..<12 { ids.insert(try await create(number, in: cluster)) }
      try await Task.sleep(for: .milliseconds(300))
      var seen: [Message] = []
      // Each creation is an event of the interaction, and one of its queue.
      while seen.count < 24 {
        let next = try #require(try await cluster.events(after: last) { !$0.isEmpty }.first)
        seen.append(next)
        last = try #require(next.id)
      }
      #expect(Set(seen.map(\.data)).count == 24)
      #expect(Set(Self.created(seen)) == ids)
      #expect(Self.created(seen).count == 12)
    }
  }

  @Test func aStreamResumesAtAnotherNodeAndGoesOnLive() async throws {
    try await TestCluster.run(["north", "south", "west"]) { cluster in
      let start = try #require(try await cluster.events { !$0.isEmpty }.first?.id)
      var ids: [String] = []
      for number in 0..<6 { ids.append(try await create(number, in: cluster, at: number % 3)) }
      let first = try await cluster.events(after: start) { Self.created($0).count >= 3 }
      let last = try #require(first.last?.id)
      async let rest = cluster.events(after: last, at: 1) { Self.created(first + $0).count >= 9 }
      for number in 6..<9 { ids.append(try await create(number, in: cluster, at: 2)) }
      let seen = Self.created(first + (try await rest))
      #expect(seen.sorted() == ids.sorted())
    }
  }

  @Test func streamsSayThatTheyAreAlive() async throws {
    var limits = GatewayLimits()
    limits.keepAlive = .milliseconds(50)
    try await TestCluster.run(limits: limits) { cluster in
      var request = HTTPClientRequest(url: "http://127.0.0.1:\(cluster.nodes[0].port)/v1/events")
      request.headers.add(name: "Authorization", value: "Bearer t-viewer")
      let response = try await cluster.client.execute(request, timeout: .seconds(10))
      var text = ""
      for try await chunk in response.body {
        text += String(buffer: chunk)
        if text.ranges(of: ": keep-alive\n\n").count >= 3 { break }
      }
      #expect(text.hasPrefix(": node north\n\nid: "))
    }
  }

  private func openStreams(_ cluster: TestCluster) async throws -> String {
    let metrics = try await cluster.request(.GET, "/metrics").text
    let line = metrics.split(separator: "\n").first { $0.hasPrefix("switchboard_event_streams ") }
    return line.map { String($0.dropFirst("switchboard_event_streams ".count)) } ?? "none"
  }

  private func waitForOpenStreams(_ count: String, _ cluster: TestCluster) async throws {
    for _ in 0..<1_000 {
      if try await openStreams(cluster) == count { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("there are \(try await openStreams(cluster)) event streams, not \(count)")
  }

  /// Its place, its connection and what waits for it are free again.
  @Test func aReaderThatTakesNothingIsCutOff() async throws {
    var limits = GatewayLimits()
    limits.stalledReader = .seconds(1)
    // Many partitions make long event ids: together more than the buffers of a loopback connection hold.
    try await TestCluster.run(limits: limits, partitions: 256) { cluster in
      let start = try #require(try await cluster.events { !$0.isEmpty }.first?.id)
      let name = String(repeating: "n", count: 250)
      let body = #"{"channel":"voice","queue":"\#(name)","customer":"\#(name)"}"#
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<32 {
          group.addTask {
            for number in 0..<42 {
              let answer = try await cluster.request(
                .POST, "/v1/interactions", key: "\(worker)-\(number)", body: body)
              #expect(answer.status == 201, "\(answer.text)")
            }
          }
        }
        try await group.waitForAll()
      }
      let reader = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelOption(.autoRead, value: false)
        .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
        .connect(host: "127.0.0.1", port: cluster.nodes[0].port).get()
      try await reader.writeAndFlush(
        ByteBuffer(
          string: "GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t-viewer\r\n"
            + "Last-Event-ID: \(start)\r\n\r\n"))
      try await waitForOpenStreams("1", cluster)
      try await waitForOpenStreams("0", cluster)
      try? await reader.close()
    }
  }

  @Test func readersThatHangUpFreeTheirPlace() async throws {
    var limits = GatewayLimits()
    limits.eventStreams = 2
    try await TestCluster.run(limits: limits) { cluster in
      for _ in 0..<6 {
        _ = try await cluster.events { !$0.isEmpty }
        try await waitForOpenStreams("0", cluster)
      }
    }
  }

  @Test func streamsAreLimited() async throws {
    var limits = GatewayLimits()
    limits.eventStreams = 0
    try await TestCluster.run(limits: limits) { cluster in
      let refused = try await cluster.request(.GET, "/v1/events")
      #expect(refused.status == 429)
      #expect(refused.headers.first(name: "retry-after") == "2")
    }
  }

  @Test func aStreamEndsWhenItsNodeShutsDown() async throws {
    try await TestCluster.run { cluster in
      async let messages = cluster.events(mayEnd: true) { _ in false }
      try await waitForOpenStreams("1", cluster)
      let began = ContinuousClock.now
      await cluster.nodes[0].stopGateway()
      let seen = try await messages
      #expect(seen.map(\.event) == ["position"])
      #expect(ContinuousClock.now - began < .seconds(5))
    }
  }
}
