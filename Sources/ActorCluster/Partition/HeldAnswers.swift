// Answers of reads and refusals that wait for commit and confirmed leadership: a pure value.
package import Raft

/// Reads and refusals depend on all that was decided before them, and on the leadership still being held. Each
/// waits for both: the commit of the last entry decided before it, and a confirmation round begun after it came.
package struct HeldAnswers: Sendable {
  package struct Held: Sendable {
    package var call: CallID
    package var answer: CallAnswer
    package var after: LogIndex

    package init(call: CallID, answer: CallAnswer, after: LogIndex) {
      self.call = call
      self.answer = answer
      self.after = after
    }
  }

  /// By the round that will confirm the leadership.
  private var unconfirmed: [ReadToken: [Held]] = [:]
  /// Confirmed, but something before them is not committed; in order of index.
  private var uncommitted: [Held] = []

  package init() {}

  package mutating func hold(_ held: Held, until token: ReadToken) {
    unconfirmed[token, default: []].append(held)
  }

  /// The leadership is confirmed: what may be said with everything up to `index` committed.
  package mutating func confirmed(_ token: ReadToken, committed index: LogIndex) -> [Held] {
    guard let held = unconfirmed.removeValue(forKey: token) else { return [] }
    uncommitted += held.filter { $0.after > index }
    return held.filter { $0.after <= index }
  }

  package mutating func committed(upTo index: LogIndex) -> [Held] {
    guard !uncommitted.isEmpty else { return [] }
    let released = uncommitted.filter { $0.after <= index }
    uncommitted.removeAll { $0.after <= index }
    return released
  }

  package mutating func failed(_ token: ReadToken) -> [CallID] {
    (unconfirmed.removeValue(forKey: token) ?? []).map(\.call)
  }

  /// Everyone who waits, in order of their calls.
  package mutating func takeAll() -> [CallID] {
    defer {
      unconfirmed = [:]
      uncommitted = []
    }
    let waiting = unconfirmed.values.flatMap { $0 }.map(\.call) + uncommitted.map(\.call)
    return waiting.sorted { $0.rawValue < $1.rawValue }
  }
}
