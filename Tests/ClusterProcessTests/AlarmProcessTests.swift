// Three real nodes with a webhook and syslog: a killed node is an alarm on the others within seconds, and over when it is back.
import Alarms
import ClusterTestKit
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite(.serialized) struct AlarmProcessTests {
  private final class Datagrams: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    let lines: Lines
    init(_ lines: Lines) { self.lines = lines }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let line = String(buffer: unwrapInboundIn(data).data)
      lines.all.withLock { $0.append(line) }
    }
  }

  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
    func contains(_ parts: String...) -> Bool {
      all.withLock { $0.contains { line in parts.allSatisfy { line.contains($0) } } }
    }
  }

  private func active(_ nodes: SwitchboardNodes, at name: String) async throws -> [AlarmReport]? {
    guard let data = await nodes.get("/v1/alarms", at: name) else { return nil }
    return try JSONDecoder().decode(AlarmList.self, from: data).active
  }

  @Test(.timeLimit(.minutes(5)))
  func aKilledNodeIsAnAlarmElsewhereUntilItIsBack() async throws {
    let webhook = try await ScriptedHTTPServer.start(answering: [500, 500])
    let lines = Lines()
    let syslog = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Datagrams(lines))
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    let nodes = try SwitchboardNodes(
      configuration: """
        alarms:
          webhook: {url: "http://127.0.0.1:\(webhook.port)/alarms"}
          syslog: {address: "127.0.0.1:\(syslog.localAddress?.port ?? 0)"}
        """)
    defer { nodes.remove() }
    do {
      for name in nodes.names { try nodes.start(name) }
      let others = ["north", "south"]
      for name in nodes.names {
        try await nodes.waitUntil("\(name) is ready") { await nodes.get("/readyz", at: name) != nil }
      }
      try await nodes.waitUntil("all is well") {
        for name in nodes.names where try await active(nodes, at: name) != [] { return false }
        return true
      }
      for name in nodes.names {
        try await nodes.waitUntil("\(name) is linked to the others") {
          let report = await nodes.get("/v1/cluster", at: name).map { String(decoding: $0, as: UTF8.self) }
          return report.map { !$0.contains("unreachable") } ?? false
        }
      }
      // A node is missed at once only by those that saw it before, and they look once a second.
      try await Task.sleep(for: .seconds(3))
      let healthy = try nodes.ctl("alarms")
      #expect(healthy.status == 0 && healthy.output.hasPrefix("alarms of north, south, west\n\nnone"))

      nodes.kill("west")
      let killed = ContinuousClock.now
      for name in others {
        try await nodes.waitUntil("\(name) misses west", within: .seconds(20)) {
          let kinds = try await active(nodes, at: name)?.map { "\($0.kind) \($0.subject)" } ?? []
          return kinds.contains("node_unreachable west") && kinds.contains("quorum_at_risk cluster")
        }
      }
      let raised = killed.duration(to: .now)
      #expect(raised < .seconds(5))
      print("raised on both \(raised) after the kill")

      let shown = try nodes.ctl("alarms")
      #expect(shown.status == 1)
      #expect(shown.output.contains("no answer from:\n  \(nodes.api(of: "west"))"))
      let row = shown.output.split(separator: "\n").first { $0.contains("node_unreachable  west") }
      #expect(row?.contains("north, south") == true, "\(shown.output)")
      let id = try #require(row?.split(separator: " ").last.map(String.init))
      let taken = try nodes.ctl("alarms", "ack", id, "--note", "restarting it")
      #expect(taken.status == 0, "\(taken.output)")
      for name in others {
        let alarm = try await active(nodes, at: name)?.first { $0.kind == "node_unreachable" }
        #expect(alarm?.acknowledgment?.by == "ann" && alarm?.acknowledgment?.note == "restarting it")
      }
      let status = try nodes.ctl("status")
      #expect(status.output.contains("alarms on north: 2 warning (1 not acknowledged)"), "\(status.output)")

      try nodes.start("west")
      for name in others {
        try await nodes.waitUntil("\(name) is well again") { try await active(nodes, at: name) == [] }
      }
      // The first deliveries failed; all came in the end.
      for name in others {
        try await nodes.waitUntil("the webhook knows what \(name) raised and cleared") {
          let reports = webhook.received.filter { $0.status == 204 }.compactMap {
            try? JSONDecoder().decode(AlarmChangeReport.self, from: Data($0.body.utf8))
          }.filter { $0.alarm.node == name && $0.cluster == "test" }
          return ["node_unreachable", "quorum_at_risk"].allSatisfy { kind in
            let changes = reports.filter { $0.alarm.kind == kind }.map(\.change)
            return changes.first == "raised" && changes.last == "cleared"
          }
        }
        for change in ["raised", "cleared"] {
          #expect(lines.contains(" \(name) switchboard ", #"kind="quorum_at_risk""#, "change=\"\(change)\""))
        }
        let log = nodes.log(of: name)
        #expect(log.contains("alarm raised") && log.contains("alarm cleared"))
      }
      #expect(webhook.received.prefix(2).map(\.status) == [500, 500])
    } catch {
      for name in nodes.names { print("\(name):\n\(nodes.log(of: name).suffix(4_000))") }
      throw error
    }
    await webhook.stop()
    try await syslog.close()
  }
}
