// One node of a scenario: a replica, its disk and the state machine that it feeds. A pure value.
import Raft

/// A write that was given to the disk and is not yet on it.
enum PendingWrite: Sendable {
  case log(PersistRequest)
  case snapshot(SnapshotChunk)
}

/// A snapshot that is coming in.
struct StagedSnapshot: Sendable {
  let id: SnapshotID
  let membership: Membership
  var content: [UInt8] = []
}

struct Node: Sendable {
  let id: ReplicaID
  let configuration: Raft.Configuration
  /// Nil while the process is down.
  var raft: Raft?
  var disk: Disk

  /// The state machine: the applied commands, one line each.
  private(set) var content: [UInt8]
  private(set) var contentIndex: LogIndex
  /// Of `content`: kept up to date, because the monitor looks at it after every entry.
  private(set) var digest: Digest

  /// How often it was started: each start has a seed of its own.
  var starts: UInt64 = 0
  /// The election timeout that the script has set, in ticks from then on.
  var timeout: Int?
  /// The hard state that was last given to the disk; on it or not.
  var hardState = HardState()
  /// Writes stay in flight until the script says `persist`.
  var holdsWrites = false
  var inFlight: [PendingWrite] = []
  var staged: StagedSnapshot?
  /// The snapshot that this node sends: kept, so that a transfer can go on with the same one.
  var offered: Checkpoint?
  /// Messages to and from it are dropped.
  var isIsolated = false
  /// Reads that wait, with the highest index that any node had committed when they were asked for.
  var reads: [PendingRead] = []

  init(configuration: Raft.Configuration, disk: Disk) {
    id = configuration.id
    self.configuration = configuration
    self.disk = disk
    content = disk.checkpoint?.content ?? []
    contentIndex = disk.checkpoint?.base.index ?? 0
    digest = Digest(of: content)
  }

  /// Whom it voted for in its term, as far as it has asked the disk to remember.
  var vote: ReplicaID? {
    hardState.term == raft?.term ? hardState.vote : nil
  }

  /// Whether it has something to do, found out on a copy.
  var hasReady: Bool {
    guard var copy = raft else { return false }
    return !copy.drain().isEmpty
  }

  mutating func start(as kind: StartKind) {
    let image = disk.imageAtStart()
    hardState = image.hardState
    setContent(
      disk.checkpoint?.content ?? [], at: disk.checkpoint?.base.index ?? image.base?.index ?? 0)
    timeout = nil
    var configuration = configuration
    configuration.seed &+= starts &* 16
    starts += 1
    var raft = Raft(
      configuration: configuration, hardState: image.hardState, log: image.entries, base: image.base,
      applied: contentIndex, start: kind)
    // Only witnesses need to know.
    if !raft.membership.witnesses.isEmpty, !raft.isWitness { raft.checkpointed(upTo: contentIndex) }
    self.raft = raft
  }

  /// The process ends. What was on its way to the disk stays on its way: a restart decides.
  mutating func stop() {
    raft = nil
    staged = nil
    offered = nil
    reads = []
  }

  mutating func apply(_ entry: LogEntry) {
    if case .command(let bytes) = entry.payload {
      let line = bytes + [UInt8(ascii: "\n")]
      content.append(contentsOf: line)
      digest.add(line)
    }
    contentIndex = entry.index
  }

  /// The state machine begins anew with a snapshot's state.
  mutating func setContent(_ content: [UInt8], at index: LogIndex) {
    self.content = content
    contentIndex = index
    digest = Digest(of: content)
  }

  /// The applied state as a snapshot; nil if consensus cannot name it.
  func snapshotNow() -> Checkpoint? {
    guard let raft, let term = raft.term(at: contentIndex),
      let membership = raft.membership(at: contentIndex)
    else { return nil }
    return Checkpoint(
      base: LogBase(index: contentIndex, term: term, membership: membership), content: content)
  }
}

/// FNV-1a over bytes, as they come: the same for the same bytes in pieces of any size.
struct Digest: Sendable {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  init(of bytes: [UInt8]) { add(bytes) }

  mutating func add(_ bytes: [UInt8]) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }
}

/// A read that waits for its confirmation.
struct PendingRead: Sendable {
  let token: ReadToken
  let committed: LogIndex
}
