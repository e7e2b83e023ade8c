// Epochs in the log file: what files say of themselves, and a person's decision as one transaction.
import Foundation
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct EpochTests {
  private let partition = PartitionID(rawValue: 3)

  private func append(_ store: NodeStore, _ entries: [LogEntry]) async throws {
    try await store.append(3, request(hardState: HardState(term: 1, commit: 1), entries: entries)).get()
  }

  private func forced(_ index: LogIndex) -> ForcedMembership {
    ForcedMembership(
      partition: partition,
      entry: LogEntry(
        index: index, term: 9, payload: .membership(Membership(voters: [ReplicaID(rawValue: 1)]))),
      hardState: HardState(term: 9, vote: ReplicaID(rawValue: 1), commit: index))
  }

  @Test func filesAreOfTheFirstEpochUntilTheySayOtherwise() async throws {
    let scratch = try ScratchDirectory()
    let path = scratch.directory("north")
    let store = try openStore(path)
    #expect(store.epoch == StoreEpoch.first && store.epochs.isEmpty)
    store.close()
  }

  @Test func filesThatHoldNothingTakeOnAnEpoch() async throws {
    let scratch = try ScratchDirectory()
    let path = scratch.directory("north")
    _ = try NodeStore.setAside(directory: path, above: 0)
    let empty = try openStore(path)
    #expect(empty.epoch == StoreEpoch.none && empty.isAssignedOnly)
    let epochs = [StoreEpoch(number: 40), StoreEpoch(number: 50, forks: [LogFork(partition, nil)])]
    try await withCheckedContinuation { done in empty.adopt(epochs) { done.resume(returning: $0) } }.get()
    empty.close()
    let store = try openStore(path)
    #expect(store.epoch == 50 && store.epochs == epochs)
    store.close()
  }

  @Test func aDecisionIsOneTransaction() async throws {
    let scratch = try ScratchDirectory()
    let path = scratch.directory("north")
    let store = try openStore(path)
    try await append(store, [entry(1), entry(2)])
    try await store.recover(StoreEpoch(number: 77, forks: [LogFork(partition, nil)]), [forced(3)])
    store.close()
    let again = try openStore(path)
    #expect(again.epoch == 77)
    let log = again.recovered[partition]
    #expect(log?.entries.last == forced(3).entry)
    #expect(log?.hardState == forced(3).hardState)
    #expect(!again.isNew, "nothing is doubtful any more")
    again.close()
  }

  @Test func aDecisionThatDoesNotFitChangesNothing() async throws {
    let scratch = try ScratchDirectory()
    let path = scratch.directory("north")
    let store = try openStore(path)
    try await append(store, [entry(1), entry(2)])
    await #expect(throws: StoreError.self) { try await store.recover(StoreEpoch(number: 77), [forced(9)]) }
    store.close()
    let again = try openStore(path)
    #expect(again.epoch == StoreEpoch.first && again.recovered[partition]?.entries.count == 2)
    again.close()
  }

  @Test func aChangedEpochIsDamage() async throws {
    let scratch = try ScratchDirectory()
    let path = scratch.directory("north")
    let store = try openStore(path)
    try await append(store, [entry(1)])
    try await store.recover(StoreEpoch(number: 77), [forced(2)])
    store.close()
    try await DatabaseQueue(path: path + "/log.db").write {
      try $0.execute(sql: "UPDATE epoch SET number = 78")
    }
    let verification = try StoreVerification.run(directory: path)
    #expect(verification.findings.contains { "\($0)".contains("an epoch is not what was written") })
    guard case .damaged? = openError(path) else {
      Issue.record("\(openError(path)?.description ?? "it was opened")")
      return
    }
  }

  // MARK: how far two logs are the same

  private func log(_ terms: [Term], after base: LogBase? = nil) -> RecoveredLog {
    let first = base?.index ?? 0
    return RecoveredLog(
      hardState: HardState(),
      entries: terms.enumerated().map { entry(first + LogIndex($0.offset) + 1, term: $0.element) }, base: base
    )
  }

  @Test(
    arguments: [
      ([1, 1, 2, 2], [1, 1, 2, 2, 2], 4), ([1, 1, 2, 2, 2], [1, 1, 2, 2], 4), ([1, 1, 3], [1, 1, 2, 2], 2),
      ([1, 1, 1, 3, 3], [1, 1, 2, 2, 2], 2), ([1, 1], [], 0),
    ] as [([Term], [Term], LogIndex)])
  func logsAreTheSameThroughTheirLastCommonTerm(ours: [Term], theirs: [Term], shared: LogIndex) {
    let fork = LogFork(partition, log(ours))
    let found = fork.sharedIndex(with: log(theirs))
    #expect(found == shared)
  }

  @Test func withoutACommonTermNothingIsKnown() {
    let fork = LogFork(partition, log(Array(1...40)))
    #expect(fork.runs.count == LogFork.kept)
    let unknown = fork.sharedIndex(with: log([1, 2, 3]))
    #expect(unknown == nil)
    let base = LogBase(index: 30, term: 30, membership: Membership(voters: []))
    #expect(fork.sharedIndex(with: log([], after: base)) == 30)
  }
}
