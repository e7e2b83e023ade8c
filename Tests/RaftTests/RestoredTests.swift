// What the host's state says about commitment after a start.
import Raft
import Testing

@Suite struct RestoredTests {
  private func replica(_ start: StartKind, entries: LogIndex) -> Raft {
    let voters = [1, 2, 3].map { ReplicaID(rawValue: $0) }
    return Raft(
      configuration: .init(id: voters[0], voters: voters, seed: 1), hardState: HardState(term: 1),
      log: (1...entries).map { LogEntry(index: $0, term: 1, payload: .command([1])) }, start: start)
  }

  /// A leader without a majority could not send a snapshot of such a state: found by simulation.
  @Test func stateOnDiskIsCommitted() {
    var raft = replica(.confirmed, entries: 9)
    raft.restored(through: 7)
    #expect(raft.commitIndex == 7)
    raft.restored(through: 5)
    #expect(raft.commitIndex == 7)
  }

  @Test func nothingIsConcludedFromALogThatMayLackSomething() {
    var doubtful = replica(.doubtful, entries: 9)
    doubtful.restored(through: 7)
    #expect(doubtful.commitIndex == 0)
    var short = replica(.restarted, entries: 4)
    short.restored(through: 7)
    #expect(short.commitIndex == 0)
  }
}
