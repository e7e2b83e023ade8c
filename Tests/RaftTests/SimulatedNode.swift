// What a simulated node has besides its replica: a disk that executes writes and can lose the last of them, and a host
// with a state, checkpoints and snapshots.

import Raft

/// What a restart finds.
struct SimulatedDisk {
  private struct Undo {
    let hardState: HardState
    let base: LogBase?
    let removed: ArraySlice<LogEntry>
    let appended: Int
    let compacted: ArraySlice<LogEntry>
  }

  private(set) var hardState = HardState()
  private(set) var base: LogBase?
  private(set) var log: [LogEntry] = []
  private var history: [Undo] = []

  var isEmpty: Bool { log.isEmpty && base == nil && hardState == HardState() }
  var baseIndex: LogIndex { base?.index ?? 0 }
  var lastIndex: LogIndex { log.last?.index ?? baseIndex }

  func holds(_ entry: LogEntry) -> Bool {
    if entry.index <= baseIndex { return true }
    let position = Int(entry.index - baseIndex) - 1
    return position < log.count && log[position] == entry
  }

  mutating func execute(_ request: PersistRequest) {
    let oldState = hardState
    let oldBase = base
    var compacted: ArraySlice<LogEntry> = []
    if let newBase = request.base {
      let kept = request.resetsLog ? [] : log.drop { $0.index <= newBase.index }
      compacted = log.prefix(log.count - kept.count)
      log = Array(kept)
      base = newBase
    }
    if let state = request.hardState { hardState = state }
    var removed: ArraySlice<LogEntry> = []
    if let index = request.truncateFrom, index <= lastIndex {
      let count = Int(index - baseIndex) - 1
      removed = log[count...]
      log.removeSubrange(count...)
    }
    log.append(contentsOf: request.entries)
    history.append(
      Undo(
        hardState: oldState, base: oldBase, removed: removed, appended: request.entries.count,
        compacted: compacted))
    if history.count > 2 { history.removeFirst() }
  }

  /// Loses the last write. False if there is none.
  mutating func loseLast() -> Bool {
    guard let undo = history.popLast() else { return false }
    log.removeLast(undo.appended)
    log = Array(undo.compacted) + log + Array(undo.removed)
    hardState = undo.hardState
    base = undo.base
    return true
  }

  /// The state's snapshot is ahead of the log: the log begins after it.
  mutating func replaceLog(by newBase: LogBase) {
    base = newBase
    log = []
    history = []
  }

  mutating func forgetHistory() {
    history = []
  }
}

/// The state is the digest of all applied entries. A snapshot is a few numbers and padding, cut into chunks.
struct SimulatedHost {
  struct Reading {
    let read: SnapshotRead
    let due: Int
  }

  struct Installing {
    let chunk: SnapshotChunk
    let due: Int
  }

  var applied: LogIndex = 0
  var digest: UInt64 = 0
  /// What of the state survives a crash.
  var checkpoint = LogBase.empty
  var checkpointDigest: UInt64 = 0
  /// The last snapshot that was put in the place of the state.
  var installed: LogBase?
  var staged: [UInt8] = []
  var readings: [Reading] = []
  var storing: [Installing] = []

  static func chain(_ digest: UInt64, _ entry: LogEntry) -> UInt64 {
    var random = SplitMix64(seed: digest ^ entry.index &* 31 ^ entry.term << 40)
    return random.next()
  }

  /// The latest snapshot.
  var snapshot: [UInt8] {
    let padding = Int(checkpoint.index % 7) * 16
    return checkpoint.index.bytes + checkpointDigest.bytes + [UInt8](repeating: 7, count: padding)
  }

  func chunk(for read: SnapshotRead) -> SnapshotChunk? {
    guard checkpoint.index > 0 else { return nil }
    let id = SnapshotID(index: checkpoint.index, term: checkpoint.term)
    let all = snapshot
    let start = read.id == id && read.offset <= UInt64(all.count) ? Int(read.offset) : 0
    let end = min(all.count, start + read.maxBytes)
    return SnapshotChunk(
      id: id, membership: checkpoint.membership, offset: UInt64(start), bytes: Array(all[start..<end]),
      isLast: end == all.count)
  }

  /// What is not durable is gone.
  mutating func crash() {
    applied = checkpoint.index
    digest = checkpointDigest
    staged = []
    readings = []
    storing = []
  }
}

struct SimulatedNode {
  var raft: Raft
  var disk = SimulatedDisk()
  var host = SimulatedHost()
  var writes: [(request: PersistRequest, due: Int)] = []
  var isWitness = false
  /// The voters it is configured with: none if it joined.
  var voters: [ReplicaID] = []
  /// The commit index that was compared with the group's.
  var checkedCommit: LogIndex = 0
  var isUp = true
  /// It was removed and never comes back.
  var isRetired = false
  /// Acknowledged writes were lost, and no write has told the disk so yet.
  var isDamaged = false
  /// Its state was lost with its disk once.
  var wasWiped = false
  var resumesAt = 0
  /// Nodes of another island hear nothing of this one.
  var island = 0

  var isInDoubt: Bool { isDamaged || disk.hardState.doubt == .damaged || raft.isInDoubt }
}

extension Simulation {
  /// What a person wants to see of a failed run.
  var summary: String {
    nodes.map { node in
      let raft = node.raft
      let peers = raft.progress.map {
        "\($0.id): match \($0.match) next \($0.next)\($0.isInSnapshot ? " snapshot" : "")"
      }
      return """
        \(raft.id) \(raft.role) term \(raft.term) leader \(raft.leader?.description ?? "-") \
        log \(raft.base.index)..\(raft.lastIndex) commit \(raft.commitIndex) applied \(node.host.applied) \
        checkpoint \(node.host.checkpoint.index) up \(node.isUp) witness \(node.isWitness) \
        confirmed \(raft.isConfirmed) floor \(raft.votingFloor.map { "\($0.term):\($0.index)" } ?? "-") \
        voters \(raft.membership.voters) outgoing \(raft.membership.outgoing) learners \(raft.membership.learners) \
        progress \(peers)
        """
    }.joined(separator: "\n")
  }
}
