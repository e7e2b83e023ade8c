// What must hold among all nodes, whatever a script does: watched after every step. A pure value.
import Raft

/// Knows what was ever committed and who ever led. What it reports is a broken promise of
/// consensus, or a script that broke the assumptions it rests on.
struct SafetyMonitor: Sendable {
  private struct Committed: Sendable {
    let term: Term
    /// Nil as long as only a snapshot's term was seen.
    var payload: Payload?
  }

  private var leaders: [Term: ReplicaID] = [:]
  private var committed: [LogIndex: Committed] = [:]
  /// How far each node's committed entries were compared.
  private var seen: [ReplicaID: LogIndex] = [:]
  /// The digest of the applied state at each index, and whose was seen first.
  private var states: [LogIndex: (node: ReplicaID, digest: UInt64)] = [:]
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
    return observeBase(raft) ?? observeCommitted(raft) ?? observeLeader(raft)
  }

  /// The applied state of a node, at whatever index it is: everybody who was there has the same, whether it came from
  /// entries or from a snapshot. A witness has none.
  mutating func observeState(of node: Node) -> String? {
    guard let raft = node.raft, !raft.isWitness, raft.membership.isMember(raft.id) else { return nil }
    guard let known = states[node.contentIndex] else {
      states[node.contentIndex] = (node.id, node.digest.value)
      return nil
    }
    guard known.digest != node.digest.value else { return nil }
    return "\(node.id.rawValue) and \(known.node.rawValue) differ in their state at \(node.contentIndex): "
      + "the same entries must give the same state"
  }

  /// A log begins after something committed, whose term everybody must agree on although the entry is gone.
  private mutating func observeBase(_ raft: Raft) -> String? {
    let base = raft.base
    guard base.index > 0 else { return nil }
    guard let known = committed[base.index] else {
      committed[base.index] = Committed(term: base.term, payload: nil)
      return nil
    }
    guard known.term != base.term else { return nil }
    return
      "\(raft.id.rawValue) has a log that begins after \(base.term)/\(base.index), but "
      + "\(known.term)/\(base.index) was committed before: committed entries must not change"
  }

  private mutating func observeCommitted(_ raft: Raft) -> String? {
    let first = max(seen[raft.id] ?? 0, raft.base.index) + 1
    seen[raft.id] = raft.commitIndex
    guard first <= raft.commitIndex else { return nil }
    for entry in raft.entries(in: first...raft.commitIndex) {
      if let known = committed[entry.index] {
        guard known.term == entry.term, known.payload ?? entry.payload == entry.payload else {
          return
            "\(raft.id.rawValue) committed \(entry.term)/\(entry.index), but \(known.term)/\(entry.index) "
            + "was committed before: committed entries must not change"
        }
      }
      committed[entry.index] = Committed(term: entry.term, payload: entry.payload)
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
