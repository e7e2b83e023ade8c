// Alarms to a real HTTP server that fails, refuses and comes back.
import AlarmForwarding
import Alarms
import CertificateAuthority
import ClusterTestKit
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct WebhookTests {
  /// Runs a forwarder while `body` does.
  private func forwarding(
    _ source: AlarmSource, _ receiver: WebhookReceiver, limit: Int = AlarmForwarder.limit,
    token: @escaping @Sendable (String) throws -> String = { _ in "" },
    _ body: () async throws -> Void
  ) async throws {
    let sender = WebhookSender(receiver, cluster: "bank", seconds: 3, token: token)
    let forwarder = AlarmForwarder(
      receiver: "webhook", center: source.center, limit: limit, clock: steadyClock, logger: source.logger,
      send: { await sender.send($0, dropped: $1) }, stop: { await sender.stop() })
    let task = Task { try await forwarder.run() }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    task.cancel()
    _ = await task.result
    try result.get()
  }

  private func taken(_ server: ScriptedHTTPServer) throws -> [AlarmChangeReport] {
    try server.received.filter { $0.status == 204 }.map {
      try JSONDecoder().decode(AlarmChangeReport.self, from: Data($0.body.utf8))
    }
  }

  @Test func whatFailsTwiceIsDeliveredInOrder() async throws {
    let server = try await ScriptedHTTPServer.start(answering: [500, 503])
    let source = AlarmSource()
    let receiver = WebhookReceiver(url: "http://127.0.0.1:\(server.port)/alarms?to=us", tokenFile: "/token")
    try await forwarding(source, receiver, token: { "secret of \($0)\n" }) {
      source.raiseAndClear()
      try await waitUntil("two deliveries") { server.received.count == 4 }
      let received = server.received
      #expect(received.map(\.status) == [500, 503, 204, 204])
      #expect(received.allSatisfy { $0.path == "/alarms?to=us" })
      #expect(received.allSatisfy { $0.headers["authorization"] == "Bearer secret of /token" })
      #expect(received.allSatisfy { $0.headers["content-type"] == "application/json" })
      // The same delivery again is known by its key.
      #expect(
        received.map { $0.headers["idempotency-key"] } == [
          "\"north-2-1/1\"", "\"north-2-1/1\"", "\"north-2-1/1\"", "\"north-2-1/2\"",
        ])
      let reports = try taken(server)
      #expect(reports.map(\.change) == ["raised", "cleared"])
      #expect(reports.map(\.number) == [1, 2])
      #expect(reports.first?.cluster == "bank" && reports.first?.dropped == 0)
      #expect(reports.first?.alarm.kind == "disk" && reports.first?.alarm.severity == "critical")
      #expect(reports.first?.alarm.advice == AlarmKind.disk.entry.advice)
      try await waitUntil("the status") { source.center.overview.forwarding.first?.delivered == 2 }
      #expect(source.center.overview.forwarding.first?.problem == nil)
    }
    await server.stop()
  }

  @Test func aReceiverThatComesLateGetsWhatWasKeptAndHearsWhatWasNot() async throws {
    let port = try #require(FreePorts.find(1).first)
    let source = AlarmSource()
    try await forwarding(source, WebhookReceiver(url: "http://127.0.0.1:\(port)/"), limit: 3) {
      source.raiseAndClear()
      try await waitUntil("a failure is known") { source.center.overview.forwarding.first?.problem != nil }
      for _ in 0..<4 { source.raiseAndClear() }
      let server = try await ScriptedHTTPServer.start(port: port)
      // Ten changes; what was tried first may have been under way or not when the others came.
      try await waitUntil("the last one") { (try? taken(server).last?.number) == 10 }
      let reports = try taken(server)
      #expect((3...4).contains(reports.count))
      #expect(reports.map(\.number) == reports.map(\.number).sorted())
      #expect(reports.compactMap(\.dropped).reduce(0, +) == UInt64(10 - reports.count))
      await server.stop()
    }
  }

  @Test func whatTheServerWillNeverTakeHoldsNothingUp() async throws {
    let server = try await ScriptedHTTPServer.start(answering: [400])
    let source = AlarmSource()
    try await forwarding(source, WebhookReceiver(url: "http://127.0.0.1:\(server.port)/")) {
      source.raiseAndClear()
      try await waitUntil("the second") { server.received.count == 2 }
      #expect(try taken(server).map(\.change) == ["cleared"])
      try await waitUntil("the status") { source.center.overview.forwarding.first?.rejected == 1 }
    }
    await server.stop()
  }

  /// The token would go along.
  @Test func redirectionsAreNotFollowed() async throws {
    let server = try await ScriptedHTTPServer.start(answering: [301])
    let source = AlarmSource()
    try await forwarding(source, WebhookReceiver(url: "http://127.0.0.1:\(server.port)/")) {
      source.raiseAndClear()
      try await waitUntil("a status") {
        source.center.overview.forwarding.first?.problem == "it answers with status 301"
      }
    }
    await server.stop()
  }

  @Test func anUnreadableTokenIsSaidAndNothingIsSent() async throws {
    struct Unreadable: Error, CustomStringConvertible {
      var description: String { "no such file" }
    }
    let server = try await ScriptedHTTPServer.start()
    let source = AlarmSource()
    let receiver = WebhookReceiver(url: "http://127.0.0.1:\(server.port)/", tokenFile: "/token")
    try await forwarding(source, receiver, token: { _ in throw Unreadable() }) {
      source.raiseAndClear()
      try await waitUntil("the problem") {
        source.center.overview.forwarding.first?.problem == "no such file"
      }
      #expect(server.received == [])
    }
    await server.stop()
  }

  /// A server whose certificate is of the named authority is trusted, and no other.
  @Test func certificatesAreChecked() async throws {
    let directory = FileManager.default.temporaryDirectory.path + "/webhook-\(UUID())"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for authority in ["right", "wrong"] {
      let made = try CertificateAuthority.create(cluster: "test", now: Date())
      try made.issue(name: "hook", role: .node, now: Date()).write(
        to: "\(directory)/\(authority)")
    }
    func server() async throws -> ScriptedHTTPServer {
      try await ScriptedHTTPServer.start(
        certificate: (chain: directory + "/right/hook.pem", key: directory + "/right/hook.key"))
    }
    let change = try #require(
      {
        var board = AlarmBoard(node: "n", incarnation: 1)
        return board.observe(
          [AlarmCondition(.disk, "n", .critical, "")], at: AlarmTime(monotonic: 0, wall: 0)
        ).first
      }())
    func outcome(_ host: String, _ authority: String?) async throws -> (String, Int) {
      let server = try await server()
      let sender = WebhookSender(
        WebhookReceiver(
          url: "https://\(host):\(server.port)/", authorityFile: authority.map { "\(directory)/\($0)/ca.pem" }
        ),
        cluster: "bank", seconds: 3, token: { _ in "" })
      let outcome = await sender.send(change, dropped: 0)
      await sender.stop()
      await server.stop()
      switch outcome {
      case .delivered: return ("delivered", server.received.count)
      case .failed: return ("failed", server.received.count)
      case .rejected: return ("rejected", server.received.count)
      }
    }
    #expect(try await outcome("localhost", "right") == ("delivered", 1))
    #expect(try await outcome("localhost", "wrong") == ("failed", 0))
    #expect(try await outcome("localhost", nil) == ("failed", 0))
  }

  @Test(arguments: [
    (200, "delivered"), (202, "delivered"), (301, "failed"), (400, "rejected"), (401, "failed"),
    (403, "failed"),
    (404, "failed"), (408, "failed"), (413, "rejected"), (422, "rejected"), (425, "failed"), (429, "failed"),
    (500, "failed"), (503, "failed"),
  ])
  func statusesMeanWhatAPersonCanMend(status: Int, meaning: String) {
    switch WebhookSender.outcome(of: status) {
    case .delivered: #expect(meaning == "delivered")
    case .failed: #expect(meaning == "failed")
    case .rejected: #expect(meaning == "rejected")
    }
  }
}
