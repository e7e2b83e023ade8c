// Who is at the desks, as the driver knows it: for the offer latency of calls that find an agent free. Pure.

/// The agents on duty and how many offers and calls each has.
package struct Floor: Equatable, Sendable {
  private struct Desk: Equatable, Sendable {
    var queues: Set<String>
    var busy = 0
    var freeSince: Double
  }

  /// An agent counts as free only after so many real seconds, when the cluster must know it too.
  package static let settling = 0.1

  private var desks: [String: Desk] = [:]

  package init() {}

  package var onDuty: Int { desks.count }

  package mutating func ready(_ agent: String, queues: [String], at time: Double) {
    desks[agent] = Desk(queues: Set(queues), busy: desks[agent]?.busy ?? 0, freeSince: time)
  }

  package mutating func left(_ agent: String) { desks[agent] = nil }

  package func isOnDuty(_ agent: String) -> Bool { desks[agent] != nil }

  package mutating func offered(_ agent: String) { desks[agent]?.busy += 1 }

  package mutating func released(_ agent: String, at time: Double) {
    guard let busy = desks[agent]?.busy else { return }
    desks[agent]?.busy = max(0, busy - 1)
    desks[agent]?.freeSince = time
  }

  package func hasFreeAgent(for queue: String, at time: Double) -> Bool {
    desks.values.contains {
      $0.busy == 0 && $0.queues.contains(queue) && time - $0.freeSince >= Self.settling
    }
  }
}
