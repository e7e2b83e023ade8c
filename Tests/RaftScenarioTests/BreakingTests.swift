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
