// What must hold among all nodes, whatever a script does: watched after every step. A pure value.
import Raft

/// Knows what was ever committed and who ever led. What it reports is a broken promise of
/// consensus, or a script that broke the assumptions it rests on.
struct SafetyMonitor: Sendable {
  private struct Committed: Sendable {
    let term: Term
    let payload: Payload
  }

  private var leaders: [Term: ReplicaID] = [:]
  private var committed: [LogIndex: Committed] = [:]
  /// How far each node's committed entries were compared.
  private var seen: [ReplicaID: LogIndex] = [:]
  /// The highest index that any node had committed.
  private(set) var highest: LogIndex = 0

  /// A node starts: its commit index may be lower than it was.
  mutating func started(_ node: ReplicaID) {
    seen[node] = 0
  }

  /// The first broken promise that the node's state shows, or nil.
  mutating func observe(_ raft: Raft) -> String? {
    if let broken = raft.checkInvariants() ?? raft.checkAccounting() {
      return "\(raft.id.rawValue): \(broken)"
    }
    return observeCommitted(raft) ?? observeLeader(raft)
  }

  private mutating func observeCommitted(_ raft: Raft) -> String? {
    let first = max(seen[raft.id] ?? 0, raft.base.index) + 1
    seen[raft.id] = raft.commitIndex
    guard first <= raft.commitIndex else { return nil }
    for entry in raft.entries(in: first...raft.commitIndex) {
      if let known = committed[entry.index] {
        guard known.term == entry.term, known.payload == entry.payload else {
          return
            "\(raft.id.rawValue) committed \(entry.term)/\(entry.index), but \(known.term)/\(entry.index) "
            + "was committed before: committed entries must not change"
        }
      } else {
        committed[entry.index] = Committed(term: entry.term, payload: entry.payload)
      }
    }
    highest = max(highest, raft.commitIndex)
    return nil
  }

  private mutating func observeLeader(_ raft: Raft) -> String? {
    guard raft.role == .leader else { return nil }
    if let other = leaders[raft.term] {
      return other == raft.id
        ? nil : "\(other.rawValue) and \(raft.id.rawValue) were both elected in term \(raft.term)"
    }
    leaders[raft.term] = raft.id
    let isComplete =
      highest <= raft.base.index
      || committed[highest].map { $0.term == raft.term(at: highest) } ?? (highest <= raft.lastIndex)
    guard isComplete else {
      return "\(raft.id.rawValue) leads term \(raft.term) without the committed entry \(highest)"
    }
    return nil
  }
}
