// Files of every format that was ever written are read, and become files of this format, whenever the power fails.
import ClusterTestKit
import Foundation
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct GoldenFilesTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("GoldenFiles")
  private static let newest = 2

  private static let files = ["log.db", "state.db"]

  /// The files are kept as text (base64), because no database belongs into a repository of sources.
  private func golden(_ format: Int, _ file: String) throws -> Data {
    let text = try Data(contentsOf: Self.folder.appendingPathComponent("format-\(format)/\(file).base64"))
    return try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters))
  }

  /// What must be in the files of every format, after the first start on them.
  private func expectGolden(
    _ recovered: [PartitionID: RecoveredLog], _ loads: [PartitionID: LoadedPartition], _ snapshot: [UInt8]
  ) throws {
    let partitions = (1...3).map { PartitionID(rawValue: $0) }
    let logs = partitions.compactMap { recovered[$0] }
    try #require(logs.count == 3)
    #expect(logs[0].hardState == HardState(term: 2, vote: ReplicaID(rawValue: 1), commit: 3))
    #expect(
      logs[0].entries == GoldenStore.entries(1...3, term: 1) + GoldenStore.entries(4...6, term: 2))
    #expect(logs[0].base == nil)
    #expect(logs[1].hardState == HardState(term: 3, commit: 6))
    #expect(logs[1].entries == GoldenStore.entries(5...6, term: 3))
    #expect(logs[1].base == LogBase(index: 4, term: 3, membership: GoldenStore.membership))
    #expect(logs[2].hardState == HardState(term: 6, commit: 40))
    #expect(logs[2].entries == GoldenStore.entries(41...42, term: 6))
    #expect(logs[2].base == GoldenStore.snapshotBase)
    #expect(
      loads[partitions[0]]
        == LoadedPartition(
          appliedIndex: 3,
          rows: [
            GoldenStore.row("Agent", "a", "empty", 3, []),
            GoldenStore.row("Agent", "a", "state", 2, [1, 2, 3]),
          ]))
    #expect(
      loads[partitions[1]]
        == LoadedPartition(appliedIndex: 5, rows: [GoldenStore.row("WorkQueue", "q", "r", 5, [9])]))
    var installed = GoldenStore.snapshot
    #expect(loads[partitions[2]] == LoadedPartition(appliedIndex: 40, rows: installed.rows))
    installed.readModel = installed.readModel.map { row in
      var row = row
      row.index = 39
      return row
    }
    #expect(try PartitionSnapshot(encoded: snapshot) == installed)
  }

  private func copy(_ format: Int, to directory: String) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for file in Self.files {
      try golden(format, file).write(to: URL(fileURLWithPath: directory + "/" + file))
    }
  }

  @Test(arguments: 1...2)
  func everyFormatIsRead(format: Int) async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    try copy(format, to: directory)
    for start in 1...2 {
      let store = try NodeStore.open(
        directory: directory, identity: GoldenStore.identity, readModels: [GoldenStore.table])
      #expect(store.incarnation == UInt64(start) + 1)
      let isChanged = format < Self.newest && start == 1
      #expect(store.openNotes.contains { $0.contains("state.db: its format") } == isChanged)
      #expect(store.stateMissing == [])
      var loads: [PartitionID: LoadedPartition] = [:]
      for number in 1...3 as ClosedRange<UInt32> {
        let partition = PartitionID(rawValue: number)
        loads[partition] = try await store.loadPartition(partition)
      }
      let snapshot: EncodedSnapshot = try await withCheckedContinuation { continuation in
        store.readSnapshot(PartitionID(rawValue: 3)) { continuation.resume(returning: $0) }
      }.get()
      try expectGolden(store.recovered, loads, snapshot.bytes)
      store.close()
    }
    let rows = try NodeStore.readModelRows(directory: directory, table: GoldenStore.table)
    #expect(
      rows.map { [.text($0.key), $0.columns["state"], $0.columns["waited"], $0.columns["score"]] } == [
        [.text("a"), .text("x"), .integer(7), .null],
        [.text("n"), .text("waiting"), .integer(-4), .real(0.25)],
      ])
    let verification = try StoreVerification.run(directory: directory)
    #expect(verification.findings == [])
    #expect(verification.rows == 5 && verification.readModelRows == 2 && verification.batches > 4)
    for file in Self.files {
      let settings = try await DatabaseQueue(path: directory + "/" + file).read { database in
        [
          try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'format'"),
          try String.fetchOne(database, sql: "PRAGMA auto_vacuum"),
        ]
      }
      #expect(settings == ["\(Self.newest)", "2"], "\(file)")
    }
  }

  /// What `GoldenStore.make` writes today reads as the golden files do: so it makes the next pair when the format changes.
  @Test func theMakerMakesWhatIsExpected() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    try await GoldenStore.make(in: directory)
    if let output = ProcessInfo.processInfo.environment["GOLDEN_OUTPUT"] {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
      for file in Self.files {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + file))
        try
          (bytes.base64EncodedData(options: [.lineLength76Characters, .endLineWithLineFeed]) + Data("\n".utf8))
          .write(to: URL(fileURLWithPath: "\(output)/\(file).base64"))
      }
    }
    #expect(try StoreVerification.run(directory: directory).findings == [])
  }

  /// The power fails after each number of changes of the disk: the next start finishes what was begun, and nothing is lost.
  @Test func aMigrationSurvivesPowerLossAtAnyMoment() throws {
    let log = Array(try golden(1, "log.db"))
    let state = Array(try golden(1, "state.db"))
    var decisions = SplitMix64(seed: 3)
    var failures = 0
    for changes in 0..<400 {
      let disk = VirtualFileSystem(seed: UInt64(changes)).disk("a")
      try disk.files.write(log, to: "/a/log.db")
      try disk.files.write(state, to: "/a/state.db")
      try disk.files.syncDirectory("/a")
      disk.freeze(afterChanges: changes)
      let first = try? open(disk)
      disk.crash(using: &decisions)
      first?.abandon()
      if first == nil { failures += 1 }
      let core = try open(disk)
      var loads: [PartitionID: LoadedPartition] = [:]
      for number in 1...3 as ClosedRange<UInt32> {
        let partition = PartitionID(rawValue: number)
        loads[partition] = try core.load(partition)
      }
      try expectGolden(
        core.recovered, loads, try core.readSnapshot(PartitionID(rawValue: 3)).bytes)
      core.close()
      // Once no crash fell into the start, more changes are the same again.
      if first != nil { break }
    }
    #expect(failures > 30, "only \(failures) crashes fell into the migration")
  }

  private func open(_ disk: VirtualDisk) throws(StoreError) -> StoreCore {
    try StoreCore(
      directory: disk.directory, identity: GoldenStore.identity, readModels: [GoldenStore.table],
      files: disk.files)
  }

  @Test func anotherNodesFileIsNotChanged() throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    try copy(1, to: directory)
    guard case .wrongIdentity? = openError(directory) else {
      Issue.record("another node's files were opened")
      return
    }
    for file in Self.files {
      let before = try golden(1, file)
      let after = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + file))
      #expect(before == after, "\(file)")
    }
  }
}
