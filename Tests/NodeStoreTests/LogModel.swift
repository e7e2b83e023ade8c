// What the log must amount to: a slow and obvious model, and random requests against it.
import NodeStore
import Raft

struct LogModel: Equatable {
  private(set) var logs: [PartitionID: RecoveredLog] = [:]

  init(_ logs: [PartitionID: RecoveredLog] = [:]) {
    self.logs = logs
  }

  mutating func take(_ request: PersistRequest, of partition: PartitionID) {
    guard
      request.base != nil || request.hardState != nil || request.truncateFrom != nil
        || !request.entries.isEmpty
    else { return }
    var log = logs[partition] ?? RecoveredLog(hardState: HardState(), entries: [])
    if let base = request.base {
      log.entries = log.entries.filter { $0.index > base.index && !request.resetsLog }
      log.base = base
    }
    if let index = request.truncateFrom {
      log.entries = log.entries.filter { $0.index < index }
    }
    log.entries += request.entries
    log.hardState = request.hardState ?? log.hardState
    logs[partition] = log
  }

  /// A request that compacts all but a few of a partition's entries; nil when there is nothing to compact.
  func compaction(of partition: PartitionID, keeping count: Int) -> PersistRequest? {
    guard let last = logs[partition]?.entries.dropLast(count).last else { return nil }
    return request(base: LogBase(index: last.index, term: last.term, membership: testMembership))
  }

  mutating func reset(_ partition: PartitionID) {
    logs[partition] = nil
  }

  /// A request as a replica may make one: sometimes it overwrites the end of its log, in a higher term.
  func randomRequest(
    of partition: PartitionID, maximumPayload: Int = 300, using random: inout SplitMix64
  ) -> PersistRequest {
    let log = logs[partition] ?? RecoveredLog(hardState: HardState(), entries: [])
    var term = max(log.entries.last?.term ?? 1, log.hardState.term)
    var next = (log.entries.last?.index ?? log.base?.index ?? 0) + 1
    var truncateFrom: LogIndex?
    var base: LogBase?
    var resets = false
    switch Int.random(in: 0..<24, using: &random) {
    case 0:
      resets = true
      next += LogIndex.random(in: 1..<9, using: &random)
      base = LogBase(index: next - 1, term: term, membership: testMembership)
    case 1, 2:
      guard let last = log.entries.randomElement(using: &random) else { break }
      base = LogBase(index: last.index, term: last.term, membership: testMembership)
    default: break
    }
    let lowest = max(1, (base ?? log.base).map { $0.index + 1 } ?? 1)
    if !resets, next > lowest, Int.random(in: 0..<6, using: &random) == 0 {
      next = LogIndex.random(in: max(lowest, next - min(next, 5))..<next, using: &random)
      truncateFrom = next
      term += 1
    }
    let entries = (0..<Int.random(in: 0..<5, using: &random)).map { offset in
      let size = Int.random(in: 0...maximumPayload, using: &random)
      return LogEntry(
        index: next + LogIndex(offset), term: term,
        payload: size == 0
          ? .empty : .command([UInt8](repeating: UInt8.random(in: 1...255, using: &random), count: size)))
    }
    let hardState =
      Bool.random(using: &random)
      ? HardState(
        term: term, vote: Bool.random(using: &random) ? ReplicaID(rawValue: random.next() % 5) : nil,
        commit: next - 1)
      : nil
    return request(
      base: base, resetsLog: resets, hardState: hardState, truncateFrom: truncateFrom, entries: entries)
  }
}
