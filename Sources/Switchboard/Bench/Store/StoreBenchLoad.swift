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

  /// Seconds from an append of one entry until its completion is called.
  /// - Returns: also the median of the commits alone, without the way to the writer and back.
  func latency() async throws -> (appends: Percentiles, commits: Double?) {
    let store = try open("latency")
    defer { store.close() }
    var samples: [Double] = []
    var index: LogIndex = 0
    let start = ContinuousClock.now
    while start.seconds < seconds {
      index += 1
      let request = Self.request(index..<(index + 1))
      let sample: Result<Double, StoreError> = await withCheckedContinuation { continuation in
        let one = ContinuousClock.now
        store.append(partition: PartitionID(rawValue: 0), request: request) { result in
          continuation.resume(returning: result.map { one.seconds })
        }
      }
      samples.append(try sample.get())
    }
    return (Percentiles(samples), store.statistics().commitP50Nanoseconds.map { Double($0) / 1e9 })
  }

  /// Keeps 256 entries in flight, over 16 partitions; every partition compacts its log as it goes, as it would in a node.
  func throughput() async throws -> Throughput {
    let store = try open("throughput")
    defer { store.close() }
    let partitions: UInt32 = 16
    let copies = WALCopies()
    let flows = (0..<partitions).map {
      BenchFlow(store, PartitionID(rawValue: $0), window: 256 / Int(partitions), copies)
    }
    let start = ContinuousClock.now
    for flow in flows { flow.start() }
    try await Task.sleep(for: .seconds(seconds))
    var entries = 0
    for flow in flows { entries += try await flow.stop() }
    let elapsed = start.seconds
    let statistics = store.statistics()
    return Throughput(
      entriesPerSecond: Double(entries) / elapsed,
      entriesPerBatch: Double(statistics.records) / Double(max(1, statistics.batches)),
      checkpoints: Percentiles(copies.samples), fileBytes: bytes(of: "throughput", "log.db"))
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
  static func payload(_ index: LogIndex) -> [UInt8] {
    var state = index &* 0x9E37_79B9_7F4A_7C15
    return (0..<entryBytes).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state)
    }
  }
}

/// One partition's entries: each completion sends the next, so that a number of them is always in flight.
private final class BenchFlow: Sendable {
  private struct State {
    var index: LogIndex = 0
    var done = 0
    var isStopping = false
    var failure: StoreError?
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let store: NodeStore
  private let partition: PartitionID
  private let window: Int
  private let copies: WALCopies
  private let payload = StoreBenchLoad.payload(1)
  private let state = Mutex(State())

  init(_ store: NodeStore, _ partition: PartitionID, window: Int, _ copies: WALCopies) {
    self.store = store
    self.partition = partition
    self.window = window
    self.copies = copies
  }

  func start() {
    for _ in 0..<window { send() }
  }

  /// Entries that are on stable storage, when all are.
  func stop() async throws -> Int {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        state.isStopping = true
        state.waiter = continuation
        return state.done == Int(state.index)
      }
      if isOver { finish() }
    }
    return try state.withLock { state in
      if let failure = state.failure { throw failure }
      return state.done
    }
  }

  private func send() {
    let index = state.withLock { state in
      state.index += 1
      return state.index
    }
    let base =
      index % 20_000 == 0 ? LogBase(index: index - 10_000, term: 1, membership: Membership(voters: [])) : nil
    let request = PersistRequest(
      token: PersistToken(rawValue: index), base: base, hardState: nil, truncateFrom: nil,
      entries: [LogEntry(index: index, term: 1, payload: .command(payload))])
    store.append(partition: partition, request: request) { [self] in completed($0) }
  }

  private func completed(_ result: Result<Void, StoreError>) {
    let (goesOn, isOver, looks) = state.withLock { state in
      state.done += 1
      if case .failure(let error) = result { state.failure = error }
      let goesOn = !state.isStopping && state.failure == nil
      return (goesOn, !goesOn && state.done == Int(state.index), state.done % 64 == 0)
    }
    if looks { copies.look(store.statistics()) }
    if goesOn { send() } else if isOver { finish() }
  }

  private func finish() {
    state.withLock { $0.waiter.take() }?.resume()
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
