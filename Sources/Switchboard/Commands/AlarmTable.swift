// Alarms of several nodes as text for a person. Pure.
package import Alarms

/// What several nodes say of one condition.
package struct MergedAlarm: Codable, Equatable, Sendable {
  package var kind: String
  package var subject: String
  /// The gravest that a node gives it.
  package var severity: String
  /// As the node says that saw it first.
  package var detail: String
  package var meaning: String
  package var advice: String
  package var raisedMs: Int64
  package var repeats: Int
  /// Nil unless it was acknowledged on every node that has it.
  package var acknowledgment: AlarmAcknowledgment?
  /// The nodes that have it and their ids for it, in order of node.
  package var seen: [Sighting]

  package struct Sighting: Codable, Equatable, Sendable {
    package var node: String
    package var id: String
    package var isAcknowledged: Bool
  }

  /// The gravest first, then the latest.
  package static func merge(_ lists: [AlarmList]) -> [MergedAlarm] {
    struct Key: Hashable {
      let kind: String
      let subject: String
    }
    let all = lists.flatMap(\.active)
    return Dictionary(grouping: all) { Key(kind: $0.kind, subject: $0.subject) }.values.compactMap(merged)
      .sorted {
        (rank($1.severity), $1.raisedMs, $0.kind, $0.subject) < (
          rank($0.severity), $0.raisedMs, $1.kind, $1.subject
        )
      }
  }

  private static func merged(_ alarms: [AlarmReport]) -> MergedAlarm? {
    let byNode = alarms.sorted { ($0.node, $0.id) < ($1.node, $1.id) }
    guard let first = byNode.min(by: { $0.raisedMs < $1.raisedMs }) else { return nil }
    let gravest = byNode.max { rank($0.severity) < rank($1.severity) } ?? first
    let isAcknowledged = byNode.allSatisfy { $0.acknowledgment != nil }
    return MergedAlarm(
      kind: first.kind, subject: first.subject, severity: gravest.severity, detail: first.detail,
      meaning: first.meaning, advice: first.advice, raisedMs: first.raisedMs,
      repeats: byNode.map(\.repeats).max() ?? 0,
      acknowledgment: isAcknowledged ? first.acknowledgment : nil,
      seen: byNode.map { Sighting(node: $0.node, id: $0.id, isAcknowledged: $0.acknowledgment != nil) })
  }

  /// A word of a newer version comes first: it may be the gravest.
  private static func rank(_ severity: String) -> Int {
    AlarmSeverity(rawValue: severity).flatMap { AlarmSeverity.allCases.firstIndex(of: $0) } ?? .max
  }
}

/// What came of asking the nodes.
package struct AlarmAnswers: Codable, Equatable, Sendable {
  /// The nodes that answered, in order.
  package var nodes: [String]
  /// Addresses that did not, and why.
  package var silent: [Silent]
  package var alarms: [MergedAlarm]
  /// Those that are over, the latest first; nil when nobody asked for them.
  package var history: [AlarmReport]?

  package struct Silent: Codable, Equatable, Sendable {
    package var address: String
    package var reason: String

    package init(address: String, reason: String) {
      self.address = address
      self.reason = reason
    }
  }

  package init(_ lists: [AlarmList], silent: [Silent], wantsHistory: Bool) {
    nodes = lists.map(\.node).sorted()
    self.silent = silent
    alarms = MergedAlarm.merge(lists)
    history =
      wantsHistory
      ? lists.flatMap { $0.history ?? [] }.sorted {
        ($1.clearedMs ?? 0, $0.id) < ($0.clearedMs ?? 0, $1.id)
      } : nil
  }

  /// Whether somebody should look.
  package var isWell: Bool { alarms.allSatisfy { $0.severity == AlarmSeverity.info.rawValue } }
}

package enum AlarmTable {
  /// - Parameter now: milliseconds since 1970.
  package static func text(_ answers: AlarmAnswers, now: Int64) -> String {
    var sections = ["alarms of \(answers.nodes.joined(separator: ", "))"]
    if !answers.silent.isEmpty {
      sections.append(
        (["no answer from:"] + answers.silent.map { "  \($0.address): \($0.reason)" }).joined(separator: "\n")
      )
    }
    if answers.alarms.isEmpty {
      sections.append("none")
    } else {
      sections.append(
        TextTable.text(
          ["SEVERITY", "KIND", "SUBJECT", "FOR", "REPEATS", "SEEN BY", "ACKNOWLEDGED", "ID"],
          answers.alarms.map { row($0, now) }, numeric: [4]))
      sections += answers.alarms.map(words)
    }
    if let history = answers.history, !history.isEmpty {
      sections.append(
        TextTable.text(
          ["OVER", "SEVERITY", "KIND", "SUBJECT", "LASTED", "REPEATS", "NODE", "ACKNOWLEDGED"],
          history.map { past($0, now) }, numeric: [5]))
    }
    return sections.joined(separator: "\n\n")
  }

  /// For `ctl status`; nil when there are none.
  package static func line(_ counts: AlarmCounts) -> String? {
    let parts = [(counts.critical, "critical"), (counts.warning, "warning"), (counts.info, "info")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    guard !parts.isEmpty else { return nil }
    let open = counts.unacknowledged == 0 ? "all acknowledged" : "\(counts.unacknowledged) not acknowledged"
    return parts.joined(separator: ", ") + " (\(open)): see switchboard ctl alarms"
  }

  private static func row(_ alarm: MergedAlarm, _ now: Int64) -> [String] {
    [
      alarm.severity, alarm.kind, alarm.subject, duration(now - alarm.raisedMs), "\(alarm.repeats)",
      alarm.seen.map(\.node).joined(separator: ", "), alarm.acknowledgment?.by ?? "-",
      alarm.seen.first?.id ?? "-",
    ]
  }

  private static func words(_ alarm: MergedAlarm) -> String {
    var lines = [
      "\(alarm.kind) \(alarm.subject): \(alarm.detail)", "  \(alarm.meaning)",
      "  What to do: \(alarm.advice)",
    ]
    if let acknowledgment = alarm.acknowledgment {
      lines.append(
        "  \(acknowledgment.by) takes care of it" + (acknowledgment.note.map { ": \($0)" } ?? ""))
    }
    return lines.joined(separator: "\n")
  }

  private static func past(_ alarm: AlarmReport, _ now: Int64) -> [String] {
    let end = alarm.clearedMs ?? now
    return [
      "\(duration(now - end)) ago", alarm.severity, alarm.kind, alarm.subject,
      duration(end - alarm.raisedMs), "\(alarm.repeats)", alarm.node, alarm.acknowledgment?.by ?? "-",
    ]
  }

  /// In the unit that people would use.
  private static func duration(_ milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1_000
    switch seconds {
    case ..<120: return "\(seconds) s"
    case ..<7_200: return "\(seconds / 60) min"
    case ..<172_800: return "\(seconds / 3_600) h"
    default: return "\(seconds / 86_400) d"
    }
  }
}
