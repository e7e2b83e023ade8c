// The watchman over all nodes must be able to bark: scripts that break what consensus rests on.
import Testing
import raft_scenario

private func run(_ text: String) throws -> Run {
  let run = Run(try Script(text))
  #expect(run.error == nil)
  return run
}

@Suite struct BreakingTests {
  /// Two replicas that were given different committed entries.
  @Test func contradictingCommits() throws {
    let run = try run(
      """
      add-nodes 1 voters=(1,2) log=(1,1) commit=2
      add-nodes 1 voters=(1,2) log=(1,2) commit=2
      """)
    #expect(run.violations.count == 1)
    #expect(run.violations.first?.contains("committed entries must not change") == true)
    #expect(run.outputs.last?.contains { $0.hasPrefix("VIOLATION: ") } == true)
  }

  /// A snapshot whose term is not that of the entry that was committed there, whichever is seen first.
  @Test(arguments: [false, true]) func aSnapshotOfAnotherTerm(_ snapshotFirst: Bool) throws {
    let snapshot = "add-nodes 1 voters=(1,2) index=3 term=2"
    let log = "add-nodes 1 voters=(1,2) log=(1,1,1) commit=3"
    let run = try run((snapshotFirst ? [snapshot, log] : [log, snapshot]).joined(separator: "\n"))
    #expect(
      run.violations.contains { $0.contains("committed entries must not change") }, "\(run.violations)")
  }

  @Test func twoSnapshotsOfOneIndex() throws {
    let run = try run("add-nodes 1 voters=(1,2) index=5 term=1\nadd-nodes 1 voters=(1,2) index=5 term=2")
    #expect(run.violations.count == 1)
    #expect(run.violations.first?.contains("has a log that begins after 2/5, but 1/5") == true)
  }

  /// A snapshot of the right term whose content is not what the others have applied.
  @Test func aSnapshotOfOtherContent() throws {
    func violations(_ content: String) throws -> [String] {
      try run(
        """
        log-level none
        add-nodes 3 voters=(1,2,3,4) index=10
        campaign 1
        stabilize
        propose 1 a
        stabilize
        add-nodes 1 voters=(1,2,3,4) index=12 term=2 content=\(content)
        """
      ).violations
    }
    #expect(
      try violations("wrong") == [
        "4 and 1 differ in their state at 12: the same entries must give the same state"
      ])
    #expect(try violations("a").isEmpty)
  }

  /// A majority loses its disks and is believed all the same: a leader without what was committed.
  @Test func majorityOfDisksLost() throws {
    let run = try run(
      """
      log-level none
      add-nodes 1 voters=(1,2,3) log=(1) commit=1
      add-nodes 2 voters=(1,2,3) term=1
      isolate 1
      campaign 2
      stabilize
      """)
    #expect(run.violations.contains { $0.contains("without the committed entry 1") })
  }
}
