// What the store's tests share: directories, seeded randomness, requests, and waiting for completions.
import Foundation
import NodeStore
import Raft
import Synchronization
import Testing

struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A directory that is gone when the test is.
final class ScratchDirectory: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "node-store-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func directory(_ name: String) -> String { path + "/" + name }

  /// The database files of a store as a power loss would leave them, when nothing writes meanwhile.
  func image(of directory: String, named name: String) throws -> String {
    let copy = self.directory(name)
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
    for file in ["log.db", "log.db-wal", "state.db", "state.db-wal"]
    where FileManager.default.fileExists(atPath: directory + "/" + file) {
      try FileManager.default.copyItem(atPath: directory + "/" + file, toPath: copy + "/" + file)
    }
    return copy
  }
}

let testIdentity = StoreIdentity(cluster: "test-cluster", node: "node-1")

func openStore(
  _ directory: String, readModels: [ReadModelTable] = [], faults: StoreFaults = .none,
  pendingByteLimit: Int? = nil, upkeep: LogUpkeepLimits = LogUpkeepLimits()
) throws -> NodeStore {
  try NodeStore.open(
    directory: directory, identity: testIdentity, readModels: readModels, faults: faults,
    pendingByteLimit: pendingByteLimit, upkeep: upkeep)
}

/// The error of an open that must fail.
func openError(_ directory: String, identity: StoreIdentity = testIdentity) -> StoreError? {
  do {
    _ = try NodeStore.open(directory: directory, identity: identity, readModels: [])
    return nil
  } catch {
    return error
  }
}

func request(
  base: LogBase? = nil, resetsLog: Bool = false, hardState: HardState? = nil, truncateFrom: LogIndex? = nil,
  entries: [LogEntry] = []
) -> PersistRequest {
  PersistRequest(
    token: PersistToken(rawValue: 0), base: base, resetsLog: resetsLog, hardState: hardState,
    truncateFrom: truncateFrom, entries: entries)
}

let testMembership = Membership(voters: (1...3).map { ReplicaID(rawValue: $0) })

func base(_ index: LogIndex, term: Term = 1) -> LogBase {
  LogBase(index: index, term: term, membership: testMembership)
}

func entry(_ index: LogIndex, term: Term = 1, _ bytes: [UInt8] = [1, 2, 3]) -> LogEntry {
  LogEntry(index: index, term: term, payload: .command(bytes))
}

extension NodeStore {
  func append(_ partition: UInt32, _ request: PersistRequest) async -> Result<Void, StoreError> {
    await withCheckedContinuation { continuation in
      append(partition: PartitionID(rawValue: partition), request: request) {
        continuation.resume(returning: $0)
      }
    }
  }

  func resetPartition(_ partition: UInt32) async -> Result<Void, StoreError> {
    await withCheckedContinuation { continuation in
      assignReplica(PartitionID(rawValue: partition), ReplicaID(rawValue: 65_537)) {
        continuation.resume(returning: $0)
      }
    }
  }

  func checkpoint(_ checkpoint: PartitionCheckpoint) async -> Result<Void, StoreError> {
    await withCheckedContinuation { continuation in
      self.checkpoint(checkpoint) { continuation.resume(returning: $0) }
    }
  }
}

extension Result where Success == Void, Failure == StoreError {
  var error: StoreError? {
    switch self {
    case .success: nil
    case .failure(let error): error
    }
  }
}

/// A thread-safe list.
final class Recorder<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])

  func add(_ element: Element) {
    elements.withLock { $0.append(element) }
  }

  var all: [Element] { elements.withLock { $0 } }
}

func flipBit(of file: String, at offset: Int, bit: UInt8 = 0) throws {
  var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
  bytes[offset] ^= 1 << bit
  try bytes.write(to: URL(fileURLWithPath: file))
}
