// Which figures of alarms are metrics: pure. Names are what dashboards rely on: never change one.
package import Alarms

extension PrometheusText {
  package mutating func addAlarms(_ overview: AlarmOverview) {
    add(
      "switchboard_alarms", .gauge,
      "Active alarms of this node, by kind and severity; docs/alarms.md says what each means.",
      AlarmKind.allCases.flatMap { kind in
        kind.entry.severities.map { severity in
          let count = overview.active.count { $0.kind == kind && $0.severity == severity }
          return ([("kind", kind.rawValue), ("severity", severity.rawValue)], UInt64(count))
        }
      })
    add(
      "switchboard_alarms_unacknowledged", .gauge, "Active alarms that nobody has acknowledged.",
      AlarmSeverity.allCases.map { severity in
        let count = overview.active.count { $0.severity == severity && $0.acknowledgment == nil }
        return ([("severity", severity.rawValue)], UInt64(count))
      })
    add(
      "switchboard_alarm_changes_total", .counter, "What happened to alarms of this node, by kind of change.",
      AlarmChange.Kind.allCases.map { ([("change", $0.rawValue)], overview.changes[$0] ?? 0) })
    guard !overview.forwarding.isEmpty else { return }
    add(
      "switchboard_alarms_forwarded_total", .counter,
      "Changes of alarms delivered to a receiver, rejected by it, or dropped because too many waited.",
      overview.forwarding.flatMap { status in
        [
          ("delivered", status.delivered), ("dropped", status.dropped), ("rejected", status.rejected),
        ].map { ([("receiver", status.receiver), ("outcome", $0.0)], $0.1) }
      })
    add(
      "switchboard_alarms_to_forward", .gauge, "Changes of alarms that wait to be delivered to a receiver.",
      overview.forwarding.map { ([("receiver", $0.receiver)], UInt64(clamping: $0.waiting)) })
  }
}
