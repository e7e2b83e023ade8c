// What happens on a day, whether it was generated or comes from a file: a value that the driver follows. Pure.

/// Calls and staff of one day. All times are seconds of the day's own clock since the plan's start.
package struct DayPlan: Equatable, Sendable {
  package struct Call: Equatable, Sendable {
    /// Its number in the plan, from 1, in order of arrival.
    package var number: Int
    package var arrival: Double
    package var queue: String
    /// 0 to 9; higher is served first.
    package var priority: Int
    package var customer: String?
    /// After so long without an answer the caller hangs up; nil: never.
    package var patience: Double?
    package var service: Double
  }

  package struct Shift: Equatable, Sendable {
    package var from: Double
    /// Nil: until nobody waits any more.
    package var to: Double?

    package init(from: Double, to: Double?) {
      self.from = from
      self.to = to
    }
  }

  package struct Agent: Equatable, Sendable {
    package var name: String
    /// Sorted.
    package var queues: [String]
    /// In order, disjoint.
    package var shifts: [Shift]
  }

  /// One line for people: what day this is.
  package var title: String
  /// Sorted.
  package var queues: [String]
  /// In order of arrival.
  package var calls: [Call]
  /// In order of names.
  package var agents: [Agent]
  /// After-call work of every call.
  package var wrapUp: Double
  /// What the file says of the same day, if the plan comes from one.
  package var recorded: RecordedFigures?

  /// When the last call arrives.
  package var lastArrival: Double { calls.last?.arrival ?? 0 }

  /// Agents whose last shift ends less than `margin` seconds before the last call, or later, stay until the line is empty,
  /// as people do at the end of a day.
  package mutating func keepLastShift(margin: Double) {
    for index in agents.indices {
      guard let last = agents[index].shifts.indices.last, let end = agents[index].shifts[last].to else {
        continue
      }
      if end > lastArrival - margin { agents[index].shifts[last].to = nil }
    }
  }
}

/// What really happened on a recorded day, for comparison.
package struct RecordedFigures: Equatable, Sendable {
  /// Calls of that day in the file.
  package var calls: Int
  package var answered: Int
  /// Callers who hung up in the queue.
  package var abandoned: Int
  /// Over the answered calls, those that found an agent free included.
  package var meanWaitSeconds: Double
  /// Hung up in the self-service, before any queue. Not replayed.
  package var leftBeforeQueue: Int
  /// Calls that the record itself marks as none. Not replayed.
  package var phantoms: Int

  package init(
    calls: Int, answered: Int, abandoned: Int, meanWaitSeconds: Double, leftBeforeQueue: Int, phantoms: Int
  ) {
    self.calls = calls
    self.answered = answered
    self.abandoned = abandoned
    self.meanWaitSeconds = meanWaitSeconds
    self.leftBeforeQueue = leftBeforeQueue
    self.phantoms = phantoms
  }
}
