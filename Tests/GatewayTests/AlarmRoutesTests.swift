// Alarms through the API: the list, acknowledgments, metrics, status and event streams; who may see them.
import ActorCluster
import Alarms
import ContactCenter
import Foundation
import Gateway
import Logging
import NIOHTTP1
import NodeStore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2))) struct AlarmRoutesTests {
  private final class Time: Sendable {
    private let now = Mutex<Int64>(0)
    /// An hour passes with each look.
    func next() -> AlarmTime {
      now.withLock {
        $0 += 3_600_000
        return AlarmTime(monotonic: $0, wall: $0)
      }
    }
  }

  private let alarms: AlarmCenter

  init() {
    let time = Time()
    alarms = AlarmCenter(
      node: "north", incarnation: 1, clock: { time.next() },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private static let full = AlarmCondition(.disk, "north", .critical, "no room")
  private static let low = AlarmCondition(.disk, "north", .warning, "short of room")

  @Test func anAlarmIsListedAcknowledgedAndOver() async throws {
    try await TestCluster.run(alarms: alarms) { cluster in
      let none = try await cluster.request(.GET, "/v1/alarms")
      #expect(none.text == #"{"active":[],"history":[],"node":"north"}"#)
      alarms.observe([Self.full])
      let list = try await cluster.request(.GET, "/v1/alarms", as: .viewer).json(AlarmList.self)
      let alarm = try #require(list.active.first)
      #expect(alarm.id == "north-1-1" && alarm.kind == "disk" && alarm.severity == "critical")
      #expect(alarm.meaning == AlarmKind.disk.entry.meaning && alarm.acknowledgment == nil)
      let path = "/v1/alarms/north-1-1/acknowledge"
      let taken = try await cluster.request(.POST, path, as: .supervisor, body: #"{"note": "on my way"}"#)
      #expect(taken.status == 200)
      #expect(try taken.json(AlarmReport.self).acknowledgment?.by == "supervisor")
      let other = try await cluster.request(.POST, path)
      #expect(other.status == 409 && other.errorCode == "alreadyAcknowledged")
      alarms.observe([])
      alarms.observe([])
      let over = try await cluster.request(.GET, "/v1/alarms").json(AlarmList.self)
      #expect(over.active == [])
      #expect(over.history?.first?.acknowledgment?.note == "on my way")
      let late = try await cluster.request(.POST, path)
      #expect(late.status == 409 && late.errorCode == "alarmOver")
    }
  }

  @Test func whatCannotBeAcknowledgedIsSaid() async throws {
    try await TestCluster.run(alarms: alarms) { cluster in
      alarms.observe([Self.full])
      let unknown = try await cluster.request(.POST, "/v1/alarms/north-1-9/acknowledge")
      #expect(unknown.status == 404 && unknown.errorCode == "unknownAlarm")
      let path = "/v1/alarms/north-1-1/acknowledge"
      let key = try await cluster.request(.POST, path, body: #"{"words": "x"}"#)
      #expect(key.status == 400 && key.errorCode == "unknownKey")
      let note = String(repeating: "x", count: 1_001)
      let long = try await cluster.request(.POST, path, body: #"{"note": "\#(note)"}"#)
      #expect(long.status == 422)
      for role in [Role.viewer, .agent, .channel] {
        let refused = try await cluster.request(.POST, path, as: role)
        #expect(refused.status == 403)
      }
      for role in [Role.agent, .channel] {
        let refused = try await cluster.request(.GET, "/v1/alarms", as: role)
        #expect(refused.status == 403)
      }
      #expect(alarms.active.first?.acknowledgment == nil)
    }
  }

  @Test func metricsAndStatusCountThem() async throws {
    try await TestCluster.run(limits: limits, alarms: alarms) { cluster in
      alarms.observe([Self.full])
      var status = ForwardingStatus(receiver: "webhook")
      status.delivered = 4
      status.dropped = 2
      status.waiting = 1
      alarms.report(status)
      let metrics = try await cluster.request(.GET, "/metrics").text
      for line in [
        #"switchboard_alarms{kind="disk",severity="critical"} 1"#,
        #"switchboard_alarms{kind="disk",severity="warning"} 0"#,
        #"switchboard_alarms{kind="quorum_lost",severity="critical"} 0"#,
        #"switchboard_alarms_unacknowledged{severity="critical"} 1"#,
        #"switchboard_alarm_changes_total{change="raised"} 1"#,
        #"switchboard_alarms_forwarded_total{receiver="webhook",outcome="delivered"} 4"#,
        #"switchboard_alarms_forwarded_total{receiver="webhook",outcome="dropped"} 2"#,
        #"switchboard_alarms_to_forward{receiver="webhook"} 1"#,
      ] {
        #expect(metrics.contains(line + "\n"), "\(line)")
      }
      let report = try await cluster.request(.GET, "/v1/cluster").text
      #expect(report.contains(#""alarms":{"critical":1,"info":0,"unacknowledged":1,"warning":0}"#))
    }
  }

  private var limits: GatewayLimits {
    var limits = GatewayLimits()
    limits.eventStreams = 0
    return limits
  }

  @Test func refusalsByLimitsAreCounted() async throws {
    try await TestCluster.run(limits: limits, alarms: alarms) { cluster in
      let refused = try await cluster.request(.GET, "/v1/events")
      #expect(refused.status == 429)
      #expect(alarms.refusals == 1)
    }
  }

  /// Without ids: the reader's position stays that of the partitions, and it can resume at any node.
  @Test func streamsShowThemAndKeepTheirPosition() async throws {
    try await TestCluster.run(alarms: alarms) { cluster in
      alarms.observe([Self.low])
      let alarms = alarms
      let first = try await cluster.events { messages in
        if messages.count == 2 { alarms.observe([Self.full]) }
        return messages.count == 3
      }
      #expect(first.map(\.event) == ["position", "alarms", "alarm"])
      let position = try #require(first.first?.id)
      #expect(first.dropFirst().allSatisfy { $0.id == nil })
      let standing = try JSONDecoder().decode(AlarmList.self, from: Data((first[1].data).utf8))
      #expect(standing.node == "north" && standing.active.map(\.severity) == ["warning"])
      #expect(standing.history == nil)
      let change = try JSONDecoder().decode(AlarmChangeReport.self, from: Data((first[2].data).utf8))
      #expect(change.change == "escalated" && change.alarm.severity == "critical" && change.cluster == "test")
      // While the reader was away: resumed by its position, it sees what was committed, and what is active now.
      alarms.observe([])
      alarms.observe([])
      let made = try await cluster.request(.PUT, "/v1/queues/sales", key: "q", body: #"{"limit": 5}"#)
      #expect(made.status == 200)
      let second = try await cluster.events(after: position) { messages in
        messages.contains { $0.event == "queue.changed" }
      }
      let list = try #require(second.first { $0.event == "alarms" })
      #expect(list.data == #"{"active":[],"node":"north"}"#)
    }
  }

  @Test func whoFiltersOrMayNotSeeThemGetsNone() async throws {
    try await TestCluster.run(alarms: alarms) { cluster in
      alarms.observe([Self.full])
      let filtered = try await cluster.events("?queue=sales") { $0.count == 1 }
      #expect(filtered.map(\.event) == ["position"])
      _ = try await cluster.request(.PUT, "/v1/queues/sales", key: "q", body: #"{"limit": 5}"#)
      let start = try #require(filtered.first?.id)
      let desktop = try await cluster.events(after: start, as: .agent) { !$0.isEmpty }
      #expect(desktop.map(\.event) == ["queue.changed"])
    }
  }

  /// The real sampler over a real cluster of which one of three nodes never starts.
  @Test func aMissingNodeIsNoticedByTheSampler() async throws {
    try await TestCluster.run(["north", "south", "west"], started: ["north", "south"]) { cluster in
      let system = cluster.nodes[0].system
      let start = system.alarmTime
      let center = AlarmCenter(
        node: "north", incarnation: 1, clock: { system.alarmTime },
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      var facts = AlarmFacts()
      facts.allowsChaos = true
      let task = Task { [facts] in await system.watchAlarms(center, every: .milliseconds(100)) { facts } }
      defer { task.cancel() }
      // Other tests may starve these nodes for seconds, so that more comes and goes.
      func has(_ kind: AlarmKind, _ subject: String) -> Bool {
        center.active.contains { $0.kind == kind && $0.subject == subject }
      }
      while !has(.nodeUnreachable, "west") || !has(.quorumAtRisk, "cluster") {
        try #require(system.alarmTime.monotonic - start.monotonic < 100_000)
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(system.alarmTime.monotonic - start.monotonic > AlarmConditions.startGrace)
      #expect(has(.chaosAllowed, "north"))
    }
  }
}
