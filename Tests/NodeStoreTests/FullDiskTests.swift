// A log that finds its disk full waits for room: order is kept, nothing is lost, nothing is acknowledged early.
import ClusterTestKit
import Foundation
import NodeStore
import Raft
import Testing

@Suite struct FullDiskTests {
  private func until(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while !condition() {
      try #require(ContinuousClock.now < deadline, "nothing changed for 20 s")
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  private func faults(full: Bool) -> InjectedFaults {
    var faults = InjectedFaults()
    faults.full = full ? .init() : nil
    return faults
  }

  @Test func whatFoundNoRoomIsWrittenInOrderWhenThereIsSome() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let faultSwitch = FaultSwitch()
    let store = try openStore(directory, faults: faultSwitch.storeFaults)
    let before = await store.append(1, request(entries: [entry(1)])).error
    #expect(before == nil)
    faultSwitch.set(faults(full: true))
    let done = Recorder<Int>()
    func append(_ number: Int) {
      let index = LogIndex(number / 3 + 2)
      store.append(
        partition: PartitionID(rawValue: UInt32(number % 3 + 1)),
        request: request(
          base: number % 3 > 0 && index == 2 ? base(1) : nil, entries: [entry(index, [UInt8(number)])])
      ) { result in
        if result.error == nil { done.add(number) } else { Issue.record("\(number): \(result)") }
      }
    }
    for number in 0..<30 { append(number) }
    try await until { store.statistics().isLogFull && store.statistics().logFullFailures >= 2 }
    // What comes while it waits comes after.
    for number in 30..<60 { append(number) }
    let early = done.all
    #expect(early.isEmpty)
    let hasFailed = store.statistics().logFailed
    #expect(!hasFailed)
    faultSwitch.set(faults(full: false))
    try await until { done.all.count == 60 }
    let order = done.all
    #expect(order == Array(0..<60))
    let statistics = store.statistics()
    #expect(!statistics.isLogFull)
    #expect(statistics.pendingBytes == 0)
    store.close()

    let reopened = try openStore(directory)
    #expect(reopened.suspectedBecause == nil)
    let recovered = reopened.takeRecovered()
    for partition in 1...3 as ClosedRange<UInt32> {
      let payloads = recovered[PartitionID(rawValue: partition)]?.entries.filter { $0.index > 1 }
        .map(\.payload)
      let expected = (0..<60).filter { $0 % 3 + 1 == partition }.map { Payload.command([UInt8($0)]) }
      #expect(payloads == expected)
    }
    reopened.close()
  }

  @Test func aStoreThatClosesWhileItWaitsAcknowledgesNothing() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let faultSwitch = FaultSwitch()
    let store = try openStore(directory, faults: faultSwitch.storeFaults)
    _ = await store.append(1, request(entries: [entry(1)]))
    faultSwitch.set(faults(full: true))
    let errors = Recorder<StoreError?>()
    for index in 2...5 as ClosedRange<LogIndex> {
      store.append(partition: PartitionID(rawValue: 1), request: request(entries: [entry(index)])) {
        errors.add($0.error)
      }
    }
    try await until { store.statistics().isLogFull }
    store.close()
    let all = errors.all
    #expect(all.count == 4)
    for error in all {
      guard case .diskFull = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    let reopened = try openStore(directory)
    #expect(reopened.suspectedBecause == nil)
    let entries = reopened.recovered[PartitionID(rawValue: 1)]?.entries
    #expect(entries == [entry(1)])
    reopened.close()
  }

  /// Another failure than the full disk is final, also when the batch had waited for room before.
  @Test func aDiskThatFailsWhileTheLogWaitsIsSuspect() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let faultSwitch = FaultSwitch()
    let store = try openStore(directory, faults: faultSwitch.storeFaults)
    faultSwitch.set(faults(full: true))
    // The store must not wait for room for ever when the test ends early.
    defer { faultSwitch.set(InjectedFaults()) }
    let (results, told) = AsyncStream.makeStream(of: Result<Void, StoreError>.self)
    store.append(partition: PartitionID(rawValue: 1), request: request(entries: [entry(1)])) {
      told.yield($0)
    }
    try await until { store.statistics().isLogFull }
    var failing = InjectedFaults()
    failing.failsSync = .init()
    faultSwitch.set(failing)
    var waiting = results.makeAsyncIterator()
    guard case .failure(.syncFailed)? = await waiting.next() else {
      Issue.record("it did not fail")
      return
    }
    faultSwitch.set(InjectedFaults())
    guard case .syncFailed = await store.append(1, request(entries: [entry(1)])).error else {
      Issue.record("a later append did not fail")
      return
    }
    let hasFailed = store.statistics().logFailed
    #expect(hasFailed)
    store.close()
    let reopened = try openStore(directory)
    #expect(reopened.suspectedBecause != nil)
    #expect(reopened.recovered.isEmpty)
    reopened.close()
  }

  /// SQLite's own SQLITE_FULL, out of the middle of a commit, many times over.
  @Test func sqliteThatFindsNoRoomIsTriedAgain() async throws {
    let system = VirtualFileSystem(seed: 4)
    let disk = system.disk("a")
    let store = try NodeStore.open(
      directory: disk.directory, identity: testIdentity, readModels: [], faults: .none, files: disk.files)
    let done = Recorder<LogIndex>()
    var next: LogIndex = 1
    for room in [3_000, 9_000, 20_000] {
      disk.full(afterBytes: room)
      while !store.statistics().isLogFull {
        let index = next
        store.append(
          partition: PartitionID(rawValue: 1),
          request: request(entries: [entry(index, Array(repeating: UInt8(index % 251), count: 900))])
        ) { result in
          if result.error == nil { done.add(index) } else { Issue.record("\(index): \(result)") }
        }
        next += 1
        try await Task.sleep(for: .milliseconds(1))
      }
      #expect(done.all.count < Int(next) - 1)
      disk.full(afterBytes: nil)
      let expected = Int(next) - 1
      try await until { done.all.count == expected }
    }
    let order = done.all
    #expect(order == Array(1..<next))
    // A power loss takes nothing of what was acknowledged.
    disk.crash()
    let core = try openCore(disk)
    #expect(core.lastRecovered(1) == next - 1)
    #expect(core.suspectedBecause == nil)
    core.close()
    store.close()
  }

  @Test func aCheckpointThatFindsNoRoomMayBeGivenAgain() async throws {
    let scratch = try ScratchDirectory()
    let faultSwitch = FaultSwitch()
    let store = try openStore(scratch.directory("data"), faults: faultSwitch.storeFaults)
    faultSwitch.set(faults(full: true))
    let checkpoint = PartitionCheckpoint(partition: PartitionID(rawValue: 1), appliedIndex: 7)
    guard case .diskFull = await store.checkpoint(checkpoint).error else {
      Issue.record("it found room")
      return
    }
    let isFull = store.statistics().isStateFull
    #expect(isFull)
    faultSwitch.set(InjectedFaults())
    let error = await store.checkpoint(checkpoint).error
    #expect(error == nil)
    let statistics = store.statistics()
    #expect(!statistics.isStateFull)
    #expect(statistics.failedCheckpoints == 1)
    let loaded = try await store.loadPartition(PartitionID(rawValue: 1))
    #expect(loaded.appliedIndex == 7)
    store.close()
  }

  @Test func roomAndSizesAreTold() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    _ = await store.append(1, request(entries: [entry(1)]))
    let (disk, files) = store.space()
    let space = try #require(disk)
    #expect(space.free > 0)
    #expect(space.free <= space.total)
    #expect(try #require(files).logWAL > 0)
    store.close()
    #expect(try #require(store.space().files).log > 0)
  }
}
