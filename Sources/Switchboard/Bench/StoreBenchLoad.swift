// What the store does under load: one client that waits, many in flight, and bytes written for each byte.
internal import Foundation
internal import NodeStore
internal import Raft
internal import Synchronization

struct StoreBenchLoad {
  struct Throughput {
    var entriesPerSecond: Double
    var entriesPerBatch: Double
    /// Seconds of each time that the WAL was copied.
    var checkpoints: Percentiles
    var fileBytes: Int
  }

  let directory: String
  let seconds: Double

  static let entryBytes = 256

  /// Seconds from an append of one entry until it is on stable storage.
  func latency() async throws -> Percentiles {
    let store = try open("latency")
    defer { store.close() }
    var samples: [Double] = []
    var index: LogIndex = 0
    let start = ContinuousClock.now
    while start.seconds < seconds {
      index += 1
      let one = ContinuousClock.now
      try await append(store, PartitionID(rawValue: 0), index..<(index + 1))
      samples.append(one.seconds)
    }
    return Percentiles(samples)
  }

  /// Keeps 256 entries in flight, over 16 partitions; every partition compacts its log as it goes, as it would in a node.
  func throughput() async throws -> Throughput {
    let store = try open("throughput")
    defer { store.close() }
    let seconds = seconds
    let partitions: UInt32 = 16
    let copies = WALCopies()
    let start = ContinuousClock.now
    let entries = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<partitions {
        group.addTask {
          try await Self.keepBusy(
            store, PartitionID(rawValue: number), window: 256 / Int(partitions), seconds
          ) {
            copies.look(store.statistics())
          }
        }
      }
      return try await group.reduce(0, +)
    }
    let elapsed = start.seconds
    let statistics = store.statistics()
    return Throughput(
      entriesPerSecond: Double(entries) / elapsed,
      entriesPerBatch: Double(statistics.records) / Double(max(1, statistics.batches)),
      checkpoints: Percentiles(copies.samples), fileBytes: bytes(of: "throughput", "log.db"))
  }

  private static func keepBusy(
    _ store: NodeStore, _ partition: PartitionID, window: Int, _ seconds: Double,
    eachBatch: @escaping @Sendable () -> Void
  ) async throws -> Int {
    let (stream, completions) = AsyncThrowingStream<Void, any Error>.makeStream()
    let completion: @Sendable (Result<Void, StoreError>) -> Void = { result in
      switch result {
      case .success: completions.yield()
      case .failure(let error): completions.finish(throwing: error)
      }
    }
    var index: LogIndex = 0
    func send() {
      index += 1
      let isStep = index % 20_000 == 0
      let base = isStep ? LogBase(index: index - 10_000, term: 1, membership: Membership(voters: [])) : nil
      store.append(
        partition: partition, request: request(index..<(index + 1), base: base), completion: completion)
    }
    for _ in 0..<window { send() }
    var done = 0
    let start = ContinuousClock.now
    for try await _ in stream {
      done += 1
      if done % 64 == 0 { eachBatch() }
      if start.seconds < seconds { send() } else if done == Int(index) { break }
    }
    return done
  }

  /// Bytes that the process wrote for each byte of entries, in batches of so many, until the WAL was copied several times.
  func amplification(batch: Int) async throws -> Double {
    let name = "batch-\(batch)"
    let store = try open(name)
    var index: LogIndex = 1
    let before = try ProcessUsage.bytesWritten()
    let payload = 24 << 20
    let rounds = min(payload / (batch * Self.entryBytes), 20_000)
    for _ in 0..<rounds {
      try await append(store, PartitionID(rawValue: 0), index..<(index + LogIndex(batch)))
      index += LogIndex(batch)
    }
    // With the copy of what is still in the WAL.
    store.close()
    return Double(try ProcessUsage.bytesWritten() - before) / Double(rounds * batch * Self.entryBytes)
  }

  // MARK: the store

  func open(_ name: String) throws -> NodeStore {
    try NodeStore.open(
      directory: directory + "/" + name, identity: StoreIdentity(cluster: "bench", node: "bench"),
      readModels: [])
  }

  private func bytes(of name: String, _ file: String) -> Int {
    ["", "-wal"].reduce(0) { $0 + ProcessUsage.size(directory + "/" + name + "/" + file + $1) }
  }

  private func append(_ store: NodeStore, _ partition: PartitionID, _ indexes: Range<LogIndex>) async throws {
    try await Self.append(store, partition, Self.request(indexes))
  }

  static func append(_ store: NodeStore, _ partition: PartitionID, _ request: PersistRequest) async throws {
    let result = await withCheckedContinuation { continuation in
      store.append(partition: partition, request: request) { continuation.resume(returning: $0) }
    }
    try result.get()
  }

  static func request(_ indexes: Range<LogIndex>, base: LogBase? = nil) -> PersistRequest {
    PersistRequest(
      token: PersistToken(rawValue: indexes.lowerBound), base: base, hardState: nil, truncateFrom: nil,
      entries: indexes.map { LogEntry(index: $0, term: 1, payload: .command(payload($0))) })
  }

  /// Bytes that do not compress.
  private static func payload(_ index: LogIndex) -> [UInt8] {
    var state = index &* 0x9E37_79B9_7F4A_7C15
    return (0..<entryBytes).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state)
    }
  }
}

/// How long each copy of the WAL took, as far as the statistics were looked at in between.
private final class WALCopies: Sendable {
  private let state = Mutex<(count: UInt64, samples: [Double])>((0, []))

  var samples: [Double] { state.withLock { $0.samples } }

  func look(_ now: StoreStatistics) {
    state.withLock { state in
      guard now.walCheckpoints > state.count else { return }
      state.count = now.walCheckpoints
      state.samples.append(Double(now.lastWalCheckpointNanoseconds) / 1e9)
    }
  }
}
