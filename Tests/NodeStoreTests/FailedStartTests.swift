// What a start that fails leaves for the next one: a doubt must outlive it.
import ClusterTestKit
import Foundation
import NodeStore
import Raft
import Testing

@Suite struct FailedStartTests {
  private let disk = VirtualFileSystem(seed: 6).disk("a")
  /// No read model may be named like this: opening the state file fails, after the log file was opened.
  private let badTable = ReadModelTable(name: "meta", keyColumn: "id", columns: [])

  /// Five entries, and a sixth whose write the power loss cut off.
  private func tear(confirmed: Bool = true, afterChanges changes: Int = 3) throws {
    let core = try openCore(disk)
    for index in 1...5 as ClosedRange<LogIndex> {
      #expect(core.write(1, request(entries: [entry(index)])) == nil)
    }
    if confirmed { try core.confirmLog() }
    disk.freeze(afterChanges: changes)
    #expect(core.write(1, request(entries: [entry(6, [UInt8](repeating: 7, count: 20_000))])) != nil)
    disk.crash(keepUnsynced: { _ in .kept })
    core.abandon()
  }

  private func failToOpen() {
    #expect(throws: StoreError.self) { try openCore(disk, readModels: [badTable]) }
  }

  /// Three changes leave a frame without its page, four a whole frame without its transaction.
  @Test(arguments: [3, 4])
  func aTornTailIsDoubtedAfterAStartThatFailed(changes: Int) throws {
    try tear(afterChanges: changes)
    failToOpen()
    #expect(disk.size(of: "log.db-wal") == 0, "SQLite was to remove the trace")
    failToOpen()
    let core = try openCore(disk)
    #expect(core.tailWasCut)
    #expect(core.lastRecovered(1) == 5)
    #expect(core.openNotes.count == 1, "\(core.openNotes)")
    try core.confirmLog()
    disk.crash()
    #expect(try !openCore(disk).tailWasCut)
    #expect(!disk.fileNames.contains("log.cut"))
  }

  @Test func aMarkerThatCannotBeWrittenFailsTheStart() throws {
    try tear()
    disk.full(afterBytes: 0)
    #expect(openError(disk) == .diskFull(file: "/a/log.cut"))
    #expect(disk.size(of: "log.db-wal") > 0, "the trace must still be there")
    disk.repair()
    #expect(try openCore(disk).tailWasCut)
  }

  @Test func aMarkerOfUnknownContentSaysTheWorst() throws {
    let core = try openCore(disk)
    try core.confirmLog()
    core.close()
    try disk.files.write(Array("ragged".utf8), to: "/a/log.cut")
    #expect(try openCore(disk).tailWasCut)
  }

  /// The disk was full when the marker was to be written, of a tail that a killed process has left. The machine lived on, so
  /// that tail is no doubt, and neither is the marker that came to nothing.
  @Test func anIncompleteMarkerIsNoDoubt() throws {
    let core = try openCore(disk)
    for index in 1...5 as ClosedRange<LogIndex> {
      #expect(core.write(1, request(entries: [entry(index)])) == nil)
    }
    try core.confirmLog()
    disk.freeze(afterChanges: 4)
    #expect(core.write(1, request(entries: [entry(6, [UInt8](repeating: 7, count: 20_000))])) != nil)
    disk.killProcess()
    core.abandon()
    disk.full(afterBytes: 3)
    #expect(openError(disk) == .diskFull(file: "/a/log.cut"))
    disk.repair()
    let next = try openCore(disk)
    #expect(!next.tailWasCut && next.lastRecovered(1) == 5)
  }

  /// The start after a kill writes a shorter transaction over the one that the kill has cut off. The rest behind it is no tear.
  @Test func whatAKilledProcessLeftIsNotTakenForATear() throws {
    let core = try openCore(disk)
    try core.confirmLog()
    disk.freeze(afterChanges: 8)
    #expect(core.write(1, request(entries: [entry(1, [UInt8](repeating: 7, count: 40_000))])) != nil)
    disk.killProcess()
    core.abandon()
    for _ in 1...2 {
      let next = try openCore(disk)
      #expect(!next.tailWasCut)
      disk.killProcess()
      next.abandon()
    }
  }

  /// Nobody has confirmed yet that the files are new; that they are torn is the graver doubt.
  @Test func aTornTailOfNewFilesIsACut() throws {
    try tear(confirmed: false)
    let core = try openCore(disk)
    #expect(core.tailWasCut && !core.isNew)
    disk.crash()
    let again = try openCore(disk)
    #expect(again.tailWasCut && !again.isNew)
  }

  @Test func aSyncThatFailsAtAStartIsSuspect() throws {
    try openCore(disk).close()
    disk.failNextSync(of: "log.db-wal")
    guard case .syncFailed? = openError(disk) else {
      Issue.record("a start went on after a failed sync")
      return
    }
    #expect(try openCore(disk).suspectedBecause?.contains("log.db") == true)
  }

  /// After the WAL was copied it begins anew, and SQLite syncs its header in the next commit, in any file.
  @Test func aFailedSyncOfAnOrdinaryStateWriteIsFinal() throws {
    let core = try openCore(disk)
    func checkpoint(_ index: UInt64) -> StoreError? {
      let row = ActorRow(actorType: "Q", actorID: "q", rowKey: "r\(index)", index: index, value: [1])
      do throws(StoreError) {
        try core.checkpoint(
          PartitionCheckpoint(partition: PartitionID(rawValue: 1), appliedIndex: index, puts: [row]))
        return nil
      } catch {
        return error
      }
    }
    let size = disk.size(of: "state.db")
    var index: UInt64 = 1
    while disk.size(of: "state.db") == size, index < 2_000 {
      #expect(checkpoint(index) == nil)
      index += 1
    }
    #expect(index < 2_000, "the WAL was never copied")
    disk.failNextSync(of: "state.db-wal")
    let failure = checkpoint(index)
    guard case .syncFailed(let file, _)? = failure else {
      Issue.record("the sync of the WAL's header was not noticed: \(String(describing: failure))")
      return
    }
    #expect(file == "/a/state.db")
    #expect(failure?.isRetryable == false)
    #expect(checkpoint(index + 1) == failure)
    disk.crash()
    #expect(try openCore(disk).suspectedBecause?.contains("state.db") == true)
  }

  /// Of a marker that is there and cannot be read nobody knows what it says.
  @Test func anUnreadableMarkerIsNoMissingOne() throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    try openStore(directory).close()
    let marker = directory + "/suspect"
    // A link to itself, because these tests may run as root, who may read everything.
    try FileManager.default.createSymbolicLink(atPath: marker, withDestinationPath: marker)
    let store = try openStore(directory)
    #expect(store.suspectedBecause != nil)
    store.close()
  }
}
