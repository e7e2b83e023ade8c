// `StoreVerification` on damaged files: what it says, and that it changes nothing.
import Foundation
import NodeStore
import Raft
import Testing

@Suite struct StoreVerificationTests {
  /// A store that was killed: both WALs are there. The original stays open until the end of the test.
  private func killed(_ scratch: ScratchDirectory) async throws -> (image: String, store: NodeStore) {
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    for index in 1...20 as ClosedRange<UInt64> {
      _ = await store.append(1, request(entries: [entry(index)]))
      let row = ActorRow(actorType: "Q", actorID: "q", rowKey: "r\(index)", index: index, value: [1])
      _ = await store.checkpoint(
        PartitionCheckpoint(partition: PartitionID(rawValue: 1), appliedIndex: index, puts: [row]))
    }
    return (try scratch.image(of: directory, named: "image"), store)
  }

  private func contents(_ directory: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name != "lock" {
      found[name] = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
    }
    return found
  }

  @Test func aKilledNodesFilesAreCleanAndStayAsTheyAre() async throws {
    let scratch = try ScratchDirectory()
    let (image, store) = try await killed(scratch)
    let before = try contents(image)
    #expect(before["state.db-wal"]?.isEmpty == false)
    let phases = Recorder<String>()
    let verification = try StoreVerification.run(directory: image) { phases.add($0.phase) }
    #expect(verification.findings == [])
    #expect(verification.isClean && verification.rows == 20 && verification.entries == 20)
    #expect(phases.all.contains("pages of state.db") || phases.all.contains("pages of state.db.verify"))
    let after = try contents(image)
    #expect(after == before)
    store.close()
  }

  @Test func aRunningNodesDirectoryIsRefused() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    #expect(throws: StoreError.locked(file: directory + "/lock")) {
      try StoreVerification.run(directory: directory)
    }
    store.close()
    #expect(throws: StoreError.self) { try StoreVerification.run(directory: scratch.directory("nothing")) }
  }

  @Test func damageInTheMiddleOfTheLogsWALIsFound() async throws {
    let scratch = try ScratchDirectory()
    let (image, store) = try await killed(scratch)
    try flipBit(of: image + "/log.db-wal", at: 32 + 24 + 100)
    let verification = try StoreVerification.run(directory: image)
    #expect(!verification.isClean)
    let wal = verification.findings.first { $0.file == image + "/log.db-wal" }
    #expect(wal?.place == "frame 0", "\(verification.findings)")
    store.close()
  }

  /// A bit in each of many places of both files. Whatever is hit, nothing traps; and a record or row that changed is found.
  @Test(arguments: ["log.db", "state.db"])
  func flippedBitsAreFound(file: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("golden")
    try await GoldenStore.make(in: directory)
    let path = directory + "/" + file
    let original = try Data(contentsOf: URL(fileURLWithPath: path))
    var found = 0
    var tried = 0
    for offset in stride(from: 0, to: original.count, by: 61) where original[offset] != 0 {
      tried += 1
      var bytes = original
      bytes[offset] ^= 0x10
      try bytes.write(to: URL(fileURLWithPath: path))
      if try !StoreVerification.run(directory: directory).isClean { found += 1 }
    }
    // Some bytes say nothing: counters of the header, `meta`, what is left in free space.
    #expect(tried > 15 && found * 2 > tried, "\(found) of \(tried)")
  }

  @Test func aCheckpointAheadOfTheLogIsFound() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    _ = await store.append(1, request(entries: [entry(1)]))
    _ = await store.checkpoint(PartitionCheckpoint(partition: PartitionID(rawValue: 1), appliedIndex: 7))
    store.close()
    let verification = try StoreVerification.run(directory: directory)
    #expect(verification.findings.map(\.place) == ["checkpoint"])
    #expect(verification.findings.first?.words == "it is at 7, but the log ends at 1")
  }
}
