// Commands of disks: writes in flight, checkpoints, compaction, and snapshots on both sides.
import Raft

extension Session {
  mutating func holdPersist(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      nodes[position].holdsWrites = true
    }
  }

  /// Finishes writes in flight; later ones are held as before.
  mutating func persist(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    let limit = command.name == .processAppendThread ? 1 : try command.number(at: 1).map { Int($0) }
    finishWrites(at: position, atMost: limit ?? .max)
  }

  mutating func releasePersist(_ command: Command) throws(ScriptError) {
    for position in try positions(for: command) {
      nodes[position].holdsWrites = false
      finishWrites(at: position, atMost: .max)
    }
  }

  private mutating func finishWrites(at position: Int, atMost limit: Int) {
    let count = min(limit, nodes[position].inFlight.count)
    print("\(count) of \(nodes[position].inFlight.count) writes finished")
    for _ in 0..<count {
      finish(nodes[position].inFlight.removeFirst(), at: position)
    }
  }

  /// The write is on stable storage; consensus hears of it.
  mutating func finish(_ write: PendingWrite, at position: Int) {
    switch write {
    case .log(let request):
      nodes[position].disk.write(request)
      act(on: position) { $0.persisted(upTo: request.token) }
    case .snapshot(let chunk):
      receive(chunk, at: position)
    }
  }

  // MARK: - Checkpoints and compaction

  mutating func checkpoint(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    checkpoint(at: position, upTo: try command.number(at: 1))
  }

  /// Makes the applied state durable. It can only be that of now: a state machine has no past. False if that is not enough.
  @discardableResult
  private mutating func checkpoint(at position: Int, upTo index: LogIndex?) -> Bool {
    let applied = nodes[position].contentIndex
    if let index, index > applied {
      refuse("node \(position + 1) has applied up to \(applied): a checkpoint cannot go beyond")
      return false
    }
    guard let checkpoint = nodes[position].snapshotNow() else { return false }
    nodes[position].disk.checkpoint = checkpoint
    print("checkpoint at \(checkpoint.base.term)/\(checkpoint.base.index)")
    act(on: position) { $0.checkpointed(upTo: checkpoint.base.index) }
    return true
  }

  /// Drops the log up to an index, after making the state durable: no restart may need what is gone.
  mutating func compact(_ command: Command) throws(ScriptError) {
    let position = try runningTarget(of: command)
    guard let index = try command.number(at: 1) else { return }
    if nodes[position].raft?.isWitness == false, index > nodes[position].disk.checkpoint?.base.index ?? 0 {
      guard checkpoint(at: position, upTo: index) else { return }
    }
    act(on: position) { $0.compact(to: index) }
    if let base = nodes[position].raft?.base {
      print(base.index == index ? "compacted to \(index)" : "the log begins after \(base.index)")
    }
  }

  // MARK: - Sending snapshots

  /// Answers with the snapshot that was asked for, or the latest from its beginning.
  mutating func answer(_ read: SnapshotRead, at position: Int) {
    var offset = read.offset
    if read.id == nil || nodes[position].offered?.id != read.id {
      nodes[position].offered = latestSnapshot(at: position)
      offset = 0
    }
    guard let snapshot = nodes[position].offered else {
      act(on: position) { $0.snapshotUnavailable(for: read.to) }
      return
    }
    let chunk = chunk(of: snapshot, offset: offset, maxBytes: read.maxBytes)
    act(on: position) { $0.snapshotRead(chunk, for: read.to) }
  }

  /// A witness has no state to send.
  func latestSnapshot(at position: Int) -> Checkpoint? {
    nodes[position].raft?.isWitness == false ? nodes[position].snapshotNow() : nil
  }

  func chunk(of snapshot: Checkpoint, offset: UInt64, maxBytes: Int) -> SnapshotChunk {
    let start = min(Int(clamping: offset), snapshot.content.count)
    let end = start + min(max(1, maxBytes), snapshot.content.count - start)
    return SnapshotChunk(
      id: snapshot.id, membership: snapshot.base.membership, offset: UInt64(start),
      bytes: Array(snapshot.content[start..<end]), isLast: end == snapshot.content.count)
  }

  // MARK: - Receiving snapshots

  private mutating func receive(_ chunk: SnapshotChunk, at position: Int) {
    var staged =
      nodes[position].staged ?? StagedSnapshot(id: chunk.id, membership: chunk.membership)
    if staged.id != chunk.id || chunk.offset == 0 {
      staged = StagedSnapshot(id: chunk.id, membership: chunk.membership)
    }
    guard UInt64(staged.content.count) == chunk.offset else {
      nodes[position].staged = nil
      act(on: position) { $0.snapshotRejected(chunk.id) }
      return
    }
    staged.content += chunk.bytes
    guard chunk.isLast else {
      let size = UInt64(staged.content.count)
      nodes[position].staged = staged
      act(on: position) { $0.snapshotStored(chunk.id, upTo: size) }
      return
    }
    let base = LogBase(index: chunk.id.index, term: chunk.id.term, membership: staged.membership)
    nodes[position].staged = nil
    nodes[position].disk.checkpoint = Checkpoint(base: base, content: staged.content)
    nodes[position].setContent(staged.content, at: base.index)
    act(on: position) { $0.snapshotInstalled(chunk.id) }
  }
}
