// How long a start takes: with a long log, and with many interactions that are done.
internal import ContactCenter
internal import Foundation
internal import NodeStore
internal import Raft

struct StoreBenchRestart {
  struct Tail {
    var seconds: Double
    var bytes: Int
  }

  struct Closed {
    var seconds: Double
    var memoryBefore: Int
    var memoryAfter: Int
    var bytes: Int
    /// Seconds of reading one of them.
    var loads: Percentiles
    var bytesAfterRetention: Int
  }

  let directory: String

  private static let partitions: UInt32 = 16
  private static let identity = StoreIdentity(cluster: "bench", node: "bench")

  /// The entries of 16 partitions, in batches of 200; then an open of what they left.
  func tail(_ count: Int) async throws -> Tail {
    let path = directory + "/tail"
    let store = try open(path)
    let each = (count + Int(Self.partitions) - 1) / Int(Self.partitions)
    var index: LogIndex = 1
    while index <= LogIndex(each) {
      let end = min(index + 200, LogIndex(each) + 1)
      for partition in 0..<Self.partitions {
        try await StoreBenchLoad.append(
          store, PartitionID(rawValue: partition), StoreBenchLoad.request(index..<end))
      }
      index = end
    }
    store.close()
    let start = ContinuousClock.now
    let again = try open(path)
    let seconds = start.seconds
    let found = again.takeRecovered().values.reduce(0) { $0 + $1.entries.count }
    again.close()
    guard found >= count else { throw BenchFailure("only \(found) of \(count) entries came back") }
    return Tail(seconds: seconds, bytes: ProcessUsage.size(path + "/log.db"))
  }

  /// Rows as closed interactions leave them, in checkpoints of 1,000.
  func closed(_ count: Int) async throws -> Closed {
    let path = directory + "/closed"
    var store = try open(path)
    for first in stride(from: 0, to: count, by: 1_000) {
      let partition = PartitionID(rawValue: UInt32(first / 1_000) % Self.partitions)
      let numbers = first..<min(first + 1_000, count)
      try await write(
        store, numbers.map(ClosedInteraction.init), partition, upTo: LogIndex(numbers.upperBound))
    }
    for number in 0..<Self.partitions {
      let base = LogBase(index: LogIndex(count), term: 1, membership: Membership(voters: []))
      let request = PersistRequest(
        token: PersistToken(rawValue: 1), base: base, resetsLog: true, hardState: nil, truncateFrom: nil,
        entries: [])
      try await write(store, [], PartitionID(rawValue: number), upTo: LogIndex(count))
      try await StoreBenchLoad.append(store, PartitionID(rawValue: number), request)
    }
    store.close()
    let memoryBefore = try ProcessUsage.memory()
    let start = ContinuousClock.now
    store = try open(path)
    for number in 0..<Self.partitions { _ = try await tables(store, PartitionID(rawValue: number)) }
    let seconds = start.seconds
    let memoryAfter = try ProcessUsage.memory()
    let bytes = ProcessUsage.size(path + "/state.db")
    let loads = try await readSome(store, count)
    try await forget(store, count * 9 / 10)
    store.close()
    return Closed(
      seconds: seconds, memoryBefore: memoryBefore, memoryAfter: memoryAfter, bytes: bytes, loads: loads,
      bytesAfterRetention: ProcessUsage.size(path + "/state.db"))
  }

  private func readSome(_ store: NodeStore, _ count: Int) async throws -> Percentiles {
    var samples: [Double] = []
    for step in 0..<min(count, 2_000) {
      let number = Int(UInt64(step) &* 2_654_435_761 % UInt64(count))
      let partition = PartitionID(rawValue: UInt32(number / 1_000) % Self.partitions)
      let start = ContinuousClock.now
      let result = await withCheckedContinuation { continuation in
        store.loadActors([ClosedInteraction(number).name], of: partition) {
          continuation.resume(returning: $0)
        }
      }
      guard try result.get().first?.rows.isEmpty == false else {
        throw BenchFailure("closed interaction \(number) is not there")
      }
      samples.append(start.seconds)
    }
    return Percentiles(samples)
  }

  /// As the retention does it: a few hundred in one checkpoint.
  private func forget(_ store: NodeStore, _ count: Int) async throws {
    for first in stride(from: 0, to: count, by: 250) {
      let gone = (first..<min(first + 250, count)).map(ClosedInteraction.init)
      let partition = PartitionID(rawValue: UInt32(first / 1_000) % Self.partitions)
      let checkpoint = PartitionCheckpoint(
        partition: partition, appliedIndex: LogIndex(2 * count + first), deletes: gone.map(\.retired.key),
        readModel: gone.map(\.readModelDeletion), deletedActors: gone.map(\.name))
      try await write(store, checkpoint)
    }
  }

  // MARK: the store

  private func open(_ path: String) throws -> NodeStore {
    try NodeStore.open(directory: path, identity: Self.identity, readModels: ReadModels.tables)
  }

  private func tables(_ store: NodeStore, _ partition: PartitionID) async throws -> LoadedPartition {
    let result = await withCheckedContinuation { continuation in
      store.loadTables(partition) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  private func write(
    _ store: NodeStore, _ interactions: [ClosedInteraction], _ partition: PartitionID, upTo index: LogIndex
  ) async throws {
    try await write(
      store,
      PartitionCheckpoint(
        partition: partition, appliedIndex: index, puts: interactions.flatMap { [$0.row, $0.retired] },
        readModel: interactions.map(\.readModel)))
  }

  private func write(_ store: NodeStore, _ checkpoint: PartitionCheckpoint) async throws {
    let result = await withCheckedContinuation { continuation in
      store.checkpoint(checkpoint) { continuation.resume(returning: $0) }
    }
    try result.get()
  }
}

/// What the state file keeps of one interaction that is done.
private struct ClosedInteraction {
  let number: Int

  init(_ number: Int) { self.number = number }

  private var id: String { "8d7f1c52a0b94e\(String(format: "%018d", number))" }
  var name: ActorName { ActorName(actorType: "interaction", actorID: id) }

  var row: ActorRow {
    ActorRow(
      actorType: "interaction", actorID: id, rowKey: "", index: 1,
      value: (0..<220).map { UInt8(truncatingIfNeeded: $0 &* number) })
  }

  /// The row by which retention finds it.
  var retired: ActorRow {
    ActorRow(
      actorType: "$retired", actorID: "interaction/\(String(format: "%016d", 1_700_000_000_000 + number))",
      rowKey: id, index: 1, value: [])
  }

  var readModel: ReadModelChange {
    let at = Int64(1_700_000_000_000 + number)
    return ReadModelChange(
      table: "interaction", key: id,
      columns: [
        "channel": .text("voice"), "queue": .text("sales"), "state": .text("closed"),
        "agent": .text("agent-\(number % 500)"), "place": .integer(1), "priority": .integer(0),
        "arrived_ms": .integer(at), "offered_ms": .integer(at + 9_000), "answered_ms": .integer(at + 12_000),
        "ended_ms": .integer(at + 200_000), "closed_ms": .integer(at + 230_000),
        "outcome": .text("completed"),
        "answers": .integer(1), "offers": .integer(1),
      ])
  }

  var readModelDeletion: ReadModelChange { ReadModelChange(table: "interaction", key: id, columns: nil) }
}
