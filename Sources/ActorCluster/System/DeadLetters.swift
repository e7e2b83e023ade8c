// What reached nobody: counted, and sampled for the log. A pure value.

/// Why a call or an answer reached nobody.
public enum DeadLetterKind: String, CaseIterable, Hashable, Sendable {
  /// An answer to a call that is over or was never made.
  case lateAnswer = "late-answer"
  /// A call to a node-bound actor that is gone.
  case goneActor = "gone-actor"
  /// A one-way call that its actor refused or failed at, or had no room for.
  case failedOneWay = "failed-one-way"
  /// A frame between nodes that this version does not know.
  case unknownFrame = "unknown-frame"
}

package struct DeadLetters: Sendable {
  private static let pauseMilliseconds: Int64 = 1_000

  package private(set) var counts: [DeadLetterKind: UInt64] = [:]
  private var lastLogged: [DeadLetterKind: Int64] = [:]
  private var suppressed: [DeadLetterKind: UInt64] = [:]

  package init() {}

  /// Counts one.
  /// - Returns: how many of its kind were not logged since the last that was, when this one is to be logged.
  package mutating func add(_ kind: DeadLetterKind, now: Int64) -> UInt64? {
    counts[kind, default: 0] += 1
    if let last = lastLogged[kind], now - last < Self.pauseMilliseconds {
      suppressed[kind, default: 0] += 1
      return nil
    }
    lastLogged[kind] = now
    return suppressed.removeValue(forKey: kind) ?? 0
  }
}
