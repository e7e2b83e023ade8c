// What the log must amount to: a slow and obvious model, and random requests against it.
import NodeStore
import Raft

struct LogModel: Equatable {
  private(set) var logs: [PartitionID: RecoveredLog] = [:]

  mutating func take(_ request: PersistRequest, of partition: PartitionID) {
    guard request.hardState != nil || request.truncateFrom != nil || !request.entries.isEmpty else { return }
    var log = logs[partition] ?? RecoveredLog(hardState: HardState(), entries: [])
    if let index = request.truncateFrom {
      log.entries = log.entries.filter { $0.index < index }
    }
    log.entries += request.entries
    log.hardState = request.hardState ?? log.hardState
    logs[partition] = log
  }

  /// A request as a replica may make one: sometimes it overwrites the end of its log, in a higher term.
  func randomRequest(
    of partition: PartitionID, maximumPayload: Int = 300, using random: inout SplitMix64
  ) -> PersistRequest {
    let log = logs[partition] ?? RecoveredLog(hardState: HardState(), entries: [])
    var term = max(log.entries.last?.term ?? 1, log.hardState.term)
    var next = (log.entries.last?.index ?? 0) + 1
    var truncateFrom: LogIndex?
    if next > 1, Int.random(in: 0..<6, using: &random) == 0 {
      next = LogIndex.random(in: max(1, next - min(next, 5))..<next, using: &random)
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
    return request(hardState: hardState, truncateFrom: truncateFrom, entries: entries)
  }
}
