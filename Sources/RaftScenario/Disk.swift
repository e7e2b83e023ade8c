// What a node's stable storage holds: the log with its base and hard state, and a checkpoint of the
// applied state. A pure value.
import Raft

/// The replicated state at one index: what a snapshot carries and what survives a restart.
struct Checkpoint: Equatable, Sendable {
  let base: LogBase
  let content: [UInt8]

  var id: SnapshotID { SnapshotID(index: base.index, term: base.term) }
}

/// What a restart finds of the log.
struct DiskImage: Equatable, Sendable {
  var hardState = HardState()
  var base: LogBase?
  var entries: [LogEntry] = []

  var lastIndex: LogIndex { entries.last?.index ?? base?.index ?? 0 }

  func term(at index: LogIndex) -> Term? {
    if index == base?.index ?? 0 { return base?.term ?? 0 }
    return entries.first { $0.index == index }?.term
  }

  mutating func write(_ request: PersistRequest) {
    if let base = request.base {
      entries.removeAll { request.resetsLog || $0.index <= base.index }
      self.base = base
    }
    if let hardState = request.hardState { self.hardState = hardState }
    if let first = request.truncateFrom { entries.removeAll { $0.index >= first } }
    entries.append(contentsOf: request.entries)
  }
}

/// Stable storage that remembers its last writes, so that a script can take them back: that is how a
/// torn or damaged last transaction looks after a restart.
struct Disk: Sendable {
  private var settled: DiskImage
  private var recent: [PersistRequest] = []
  /// The newest durable state of the host's own.
  var checkpoint: Checkpoint?

  init(image: DiskImage = DiskImage(), checkpoint: Checkpoint? = nil) {
    settled = image
    self.checkpoint = checkpoint
  }

  mutating func write(_ request: PersistRequest) {
    recent.append(request)
    if recent.count > Limits.remembered {
      settled.write(recent.removeFirst())
    }
  }

  /// Takes the last writes back. False, and nothing done, if fewer are remembered.
  mutating func lose(writes count: Int) -> Bool {
    guard count <= recent.count else { return false }
    recent.removeLast(count)
    return true
  }

  /// What a start finds. A checkpoint that the log does not reach stands in for the log: the crash
  /// fell between installing a snapshot and writing the log's new base.
  func imageAtStart() -> DiskImage {
    var image = recent.reduce(into: settled) { $0.write($1) }
    if let checkpoint, checkpoint.base.index > image.base?.index ?? 0,
      image.term(at: checkpoint.base.index) != checkpoint.base.term
    {
      image.base = checkpoint.base
      image.entries = []
    }
    return image
  }
}
