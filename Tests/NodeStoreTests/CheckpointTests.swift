// Checkpoints and loads of actor rows.
import Foundation
import NodeStore
import Raft
import Testing

@Suite struct CheckpointTests {
  private let partition = PartitionID(rawValue: 2)

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func randomCheckpointsComeBackExactly(seed: UInt64) async throws {
    var random = SplitMix64(seed: seed)
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    var model: [PartitionID: [ActorRowKey: ActorRow]] = [:]
    var applied: [PartitionID: UInt64] = [:]
    for _ in 0..<3 {
      let store = try openStore(directory)
      for _ in 0..<20 {
        let partition = PartitionID(rawValue: UInt32.random(in: 0..<3, using: &random))
        let index = applied[partition, default: 0] + UInt64.random(in: 0..<9, using: &random)
        var checkpoint = PartitionCheckpoint(partition: partition, appliedIndex: index)
        for key in model[partition, default: [:]].keys.sorted(by: { "\($0)" < "\($1)" })
        where Int.random(in: 0..<5, using: &random) == 0 {
          checkpoint.deletes.append(key)
          model[partition]?[key] = nil
        }
        for _ in 0..<Int.random(in: 0..<8, using: &random) {
          let row = ActorRow(
            actorType: ["Agent", "Queue", "Ärger"].randomElement(using: &random) ?? "Agent",
            actorID: "id-\(Int.random(in: 0..<4, using: &random))",
            rowKey: "k\(Int.random(in: 0..<4, using: &random))",
            index: index,
            value: (0..<Int.random(in: 0..<60, using: &random)).map { _ in
              UInt8.random(in: 0...255, using: &random)
            })
          checkpoint.puts.append(row)
          model[partition, default: [:]][row.key] = row
        }
        applied[partition] = index
        let error = await store.checkpoint(checkpoint).error
        #expect(error == nil, "seed \(seed)")
      }
      for partition in applied.keys {
        let loaded = try await store.loadPartition(partition)
        #expect(loaded.appliedIndex == applied[partition], "seed \(seed)")
        let rows = Dictionary(uniqueKeysWithValues: loaded.rows.map { ($0.key, $0) })
        #expect(rows == model[partition, default: [:]], "seed \(seed)")
        let order = loaded.rows.map { [$0.actorType, $0.actorID, $0.rowKey].map { Array($0.utf8) } }
        let isSorted = zip(order, order.dropFirst()).allSatisfy { left, right in
          left.lexicographicallyPrecedes(right) { $0.lexicographicallyPrecedes($1) }
        }
        #expect(isSorted, "seed \(seed)")
      }
      store.close()
    }
  }

  @Test func unknownPartitionIsEmpty() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    let loaded = try await store.loadPartition(partition)
    #expect(loaded == LoadedPartition())
    store.close()
  }

  @Test func emptyValueStaysEmpty() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    let row = ActorRow(actorType: "Agent", actorID: "a", rowKey: "", index: 4, value: [])
    let error = await store.checkpoint(
      PartitionCheckpoint(partition: partition, appliedIndex: 4, puts: [row])
    ).error
    #expect(error == nil)
    let loaded = try await store.loadPartition(partition)
    #expect(loaded == LoadedPartition(appliedIndex: 4, rows: [row]))
    store.close()
  }

  @Test func checkpointNeverGoesBack() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    _ = await store.checkpoint(PartitionCheckpoint(partition: partition, appliedIndex: 9))
    let error = await store.checkpoint(PartitionCheckpoint(partition: partition, appliedIndex: 8)).error
    guard case .invalidRequest? = error else {
      Issue.record("a checkpoint went back: \(String(describing: error))")
      return
    }
    let loaded = try await store.loadPartition(partition)
    #expect(loaded.appliedIndex == 9)
    let statistics = store.statistics()
    #expect(statistics.checkpoints == 1)
    #expect(statistics.failedCheckpoints == 1)
    store.close()
  }

  @Test func failedCheckpointLeavesNothingAndMayBeRepeated() async throws {
    let scratch = try ScratchDirectory()
    let failures = Recorder<Int>()
    let faults = StoreFaults(beforeCheckpointCommit: { () throws(StoreError) in
      if failures.all.isEmpty {
        failures.add(1)
        throw .diskFull(file: "state.db")
      }
    })
    let store = try openStore(scratch.directory("data"), faults: faults)
    let row = ActorRow(actorType: "Agent", actorID: "a", rowKey: "k", index: 1, value: [1])
    let checkpoint = PartitionCheckpoint(partition: partition, appliedIndex: 1, puts: [row])
    let failed = await store.checkpoint(checkpoint).error
    #expect(failed == .diskFull(file: "state.db"))
    let empty = try await store.loadPartition(partition)
    #expect(empty == LoadedPartition())
    let repeated = await store.checkpoint(checkpoint).error
    #expect(repeated == nil)
    // The log does not care.
    let append = await store.append(2, request(entries: [entry(1)])).error
    #expect(append == nil)
    store.close()
  }

  /// A checkpoint that takes long does not hold the log up.
  @Test func slowCheckpointDoesNotDelayAppends() async throws {
    let scratch = try ScratchDirectory()
    let gate = DispatchSemaphore(value: 0)
    let faults = StoreFaults(beforeCheckpointCommit: { () throws(StoreError) in gate.wait() })
    let store = try openStore(scratch.directory("data"), faults: faults)
    let done = Recorder<Int>()
    store.checkpoint(PartitionCheckpoint(partition: partition, appliedIndex: 1)) { _ in done.add(1) }
    let append = await store.append(2, request(entries: [entry(1)])).error
    #expect(append == nil)
    #expect(done.all.isEmpty)
    gate.signal()
    store.close()
    #expect(done.all == [1])
  }
}
