// Batching, order, limits and failure of the log writer.
import Foundation
import NodeStore
import Raft
import Synchronization
import Testing

@Suite struct LogWriterTests {
  @Test func whatWaitsDuringOneCommitIsOneBatch() async throws {
    let scratch = try ScratchDirectory()
    let entered = DispatchSemaphore(value: 0)
    let gate = DispatchSemaphore(value: 0)
    let commits = Mutex(0)
    let faults = StoreFaults(beforeLogCommit: { () throws(StoreError) in
      let isFirst = commits.withLock { count in
        count += 1
        return count == 1
      }
      if isFirst {
        entered.signal()
        gate.wait()
      }
    })
    let store = try openStore(scratch.directory("data"), faults: faults, pendingByteLimit: 20_000)
    let order = Recorder<Int>()
    for number in 0...1000 {
      store.append(
        partition: PartitionID(rawValue: UInt32(number % 7)),
        request: request(entries: [entry(LogIndex(number / 7 + 1))])
      ) { _ in order.add(number) }
      if number == 0 { entered.wait() }
    }
    let waiting = store.statistics()
    #expect(waiting.batches == 0)
    #expect(waiting.pendingBytes > 20_000)
    #expect(waiting.appendsPastLimit > 0)
    gate.signal()
    store.close()
    let after = store.statistics()
    #expect(after.batches == 2)
    #expect(after.records == 1001)
    #expect(after.pendingBytes == 0)
    #expect(after.lastCommitNanoseconds > 0)
    let completed = order.all
    #expect(completed == Array(0...1000))
  }

  @Test func concurrentAppendsShareCommits() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    await withTaskGroup(of: Void.self) { group in
      for partition in 0..<1000 as Range<UInt32> {
        group.addTask {
          let error = await store.append(partition, request(entries: [entry(1)])).error
          #expect(error == nil)
        }
      }
    }
    let statistics = store.statistics()
    #expect(statistics.records == 1000)
    #expect(statistics.batches < 500, "\(statistics.batches) transactions for 1000 concurrent appends")
    store.close()
    let reopened = try openStore(scratch.directory("data"))
    #expect(reopened.recovered.count == 1000)
    reopened.close()
  }

  @Test(arguments: [
    StoreError.io(file: "log.db", detail: "fsync failed"), .locked(file: "log.db"),
  ])
  func failureIsFinal(_ fault: StoreError) async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let fails = Mutex(false)
    let faults = StoreFaults(beforeLogCommit: { () throws(StoreError) in
      if fails.withLock({ $0 }) { throw fault }
    })
    let store = try openStore(directory, faults: faults)
    let before = await store.append(1, request(entries: [entry(1)])).error
    #expect(before == nil)
    fails.withLock { $0 = true }
    let failed = await store.append(1, request(entries: [entry(2)])).error
    #expect(failed == fault)
    fails.withLock { $0 = false }
    let later = await store.append(2, request(entries: [entry(1)])).error
    #expect(later == fault)
    let hasFailed = store.statistics().logFailed
    #expect(hasFailed)
    store.close()

    let reopened = try openStore(directory)
    let recovered = reopened.takeRecovered()
    #expect(recovered.count == 1)
    let entries = recovered[PartitionID(rawValue: 1)]?.entries
    #expect(entries == [entry(1)])
    let isSuspect = reopened.suspectedBecause != nil
    #expect(isSuspect == !fault.isRetryable)
    #expect(reopened.openNotes.count == (isSuspect ? 1 : 0))
    reopened.close()
  }

  @Test func closeFinishesWhatIsPending() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    let done = Recorder<Bool>()
    for index in 1...200 as ClosedRange<LogIndex> {
      store.append(partition: PartitionID(rawValue: 3), request: request(entries: [entry(index)])) { result in
        done.add(result.error == nil)
      }
    }
    store.close()
    store.close()
    let results = done.all
    #expect(results == Array(repeating: true, count: 200))
    let late = await store.append(3, request(entries: [entry(201)])).error
    #expect(late == .closed)
    let lateCheckpoint = await store.checkpoint(
      PartitionCheckpoint(partition: PartitionID(rawValue: 3), appliedIndex: 1)
    ).error
    #expect(lateCheckpoint == .closed)
    await #expect(throws: StoreError.closed) { try await store.loadPartition(PartitionID(rawValue: 3)) }
    let reopened = try openStore(scratch.directory("data"))
    let entries = reopened.recovered[PartitionID(rawValue: 3)]?.entries.count
    #expect(entries == 200)
    reopened.close()
  }

  /// A request that is alone larger than a transaction's limit is one transaction; others are split between requests.
  @Test func largeRequestsAreSplitBetweenTransactions() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("data"))
    let large = [UInt8](repeating: 7, count: 5 << 20)
    let done = Recorder<Bool>()
    for index in 1...4 as ClosedRange<LogIndex> {
      store.append(partition: PartitionID(rawValue: 1), request: request(entries: [entry(index, large)])) {
        result in
        done.add(result.error == nil)
      }
    }
    store.close()
    let results = done.all
    #expect(results == [true, true, true, true])
    #expect(store.statistics().batches >= 2)
    let reopened = try openStore(scratch.directory("data"))
    let sizes = reopened.recovered[PartitionID(rawValue: 1)]?.entries.map(\.payload.byteCount)
    #expect(sizes == [5 << 20, 5 << 20, 5 << 20, 5 << 20])
    reopened.close()
  }
}
