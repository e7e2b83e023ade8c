// One line of a recorded day of calls, as the file has it. Pure.

/// A call in the record of a bank's call center (Guedj and Mandelbaum, Technion). Times are seconds since midnight.
package struct BankCall: Equatable, Sendable {
  package enum Outcome: String, Sendable {
    case agent = "AGENT"
    case hang = "HANG"
    /// No call at all, by the record's own account.
    case phantom = "PHANTOM"
  }

  package var line: Int
  /// Nil when the file says 0, which means unknown.
  package var customer: String?
  package var priority: Int
  package var type: String
  /// `1999-02-01`.
  package var day: String
  package var selfServiceEntry: Int
  /// When the call is done with the self-service: it arrives in its queue now. The file has some that end before they begin;
  /// what counts is this one.
  package var selfServiceExit: Int
  /// Nil when it never was in a queue: it found an agent free, or hung up before.
  package var queueEntry: Int?
  package var queueSeconds: Int
  package var outcome: Outcome
  /// Nil when the file has no service times, which happens with an outcome of `AGENT` too.
  package var serviceStart: Int?
  package var serviceSeconds: Int
  /// Nil for `NO_SERVER`, which happens with an outcome of `AGENT` too.
  package var server: String?

  /// When it arrives where an agent can take it; past midnight counted on.
  package var arrival: Int { Self.after(selfServiceEntry, selfServiceExit) }
  /// Whether it got as far as a queue or an agent.
  package var wasOffered: Bool { outcome == .agent || (outcome == .hang && queueEntry != nil) }

  /// A time of day that belongs after another one: past midnight when it is more than twelve hours earlier.
  static func after(_ earlier: Int, _ time: Int) -> Int { time + 43_200 < earlier ? time + 86_400 : time }
}
