// Logs that begin after a base: what is void, what is refused, and what comes back.
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct LogBaseTests {
  private let disk = VirtualFileSystem(seed: 3).disk("a")

  private func recovered() throws -> RecoveredLog? {
    disk.crash()
    return try openCore(disk).recovered[PartitionID(rawValue: 1)]
  }

  @Test func compactionVoidsWhatIsBelow() throws {
    let core = try openCore(disk)
    #expect(core.write(1, request(entries: (1...9).map { entry($0) })) == nil)
    #expect(core.write(1, request(base: base(6), entries: [entry(10)])) == nil)
    #expect(
      try recovered()
        == RecoveredLog(hardState: HardState(), entries: (7...10).map { entry($0) }, base: base(6)))
  }

  @Test func compactionMayTakeEverything() throws {
    let core = try openCore(disk)
    #expect(core.write(1, request(entries: (1...9).map { entry($0) })) == nil)
    #expect(core.write(1, request(base: base(9))) == nil)
    #expect(core.write(1, request(entries: [entry(10)])) == nil)
    #expect(
      try recovered() == RecoveredLog(hardState: HardState(), entries: [entry(10)], base: base(9)))
  }

  @Test func resetVoidsWhatIsAboveToo() throws {
    let core = try openCore(disk)
    #expect(core.write(1, request(entries: (1...9).map { entry($0) })) == nil)
    #expect(
      core.write(1, request(base: base(4, term: 2), resetsLog: true, entries: [entry(5, term: 2)])) == nil)
    #expect(
      try recovered()
        == RecoveredLog(hardState: HardState(), entries: [entry(5, term: 2)], base: base(4, term: 2)))
  }

  @Test func joiningReplicaStartsWithABase() throws {
    let core = try openCore(disk)
    #expect(core.write(1, request(base: base(70), resetsLog: true)) == nil)
    #expect(core.write(1, request(entries: [entry(71)])) == nil)
    #expect(try recovered()?.entries == [entry(71)])
  }

  @Test func contradictionsAreRefused() throws {
    let core = try openCore(disk)
    #expect(core.write(1, request(entries: (1...9).map { entry($0) })) == nil)
    #expect(core.write(1, request(base: base(6))) == nil)
    let refused = [
      request(base: base(5)), request(base: base(10)), request(truncateFrom: 6),
      request(base: base(3), resetsLog: true), request(base: base(8), entries: [entry(9)]),
    ]
    for request in refused {
      guard case .invalidRequest? = core.write(1, request) else {
        Issue.record("accepted: \(request)")
        continue
      }
    }
    #expect(core.write(1, request(truncateFrom: 7, entries: [entry(7)])) == nil)
    #expect(try recovered()?.entries == [entry(7)])
  }
}
