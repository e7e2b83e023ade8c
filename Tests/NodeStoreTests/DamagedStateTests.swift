// Bits of a real state file are flipped, anywhere: what is given out is what was written, or an error; and the next start helps itself.
import Foundation
import NodeStore
import Raft
import Testing

@Suite struct DamagedStateTests {
  private static let partition = PartitionID(rawValue: 1)
  private let names = (0..<200).map { ActorName(actorType: "Agent", actorID: "agent-\(1_000 + $0)") }

  private func row(_ name: ActorName) -> ActorRow {
    ActorRow(
      actorType: name.actorType, actorID: name.actorID, rowKey: "state", index: 3,
      value: Array(name.actorID.utf8))
  }

  /// Partitions 1 and 2 with the same actors, closed.
  private func made(_ scratch: ScratchDirectory) async throws -> String {
    let directory = scratch.directory("data")
    let store = try openStore(directory)
    for partition in [1, 2] as [UInt32] {
      try await store.append(partition, request(entries: (1...3).map { entry($0) })).get()
      try await store.checkpoint(
        PartitionCheckpoint(
          partition: PartitionID(rawValue: partition), appliedIndex: 3, puts: names.map(row))
      ).get()
    }
    store.close()
    return directory
  }

  private func load(_ names: [ActorName], _ store: NodeStore) async -> Result<[LoadedActor], StoreError> {
    await withCheckedContinuation { continuation in
      store.loadActors(names, of: Self.partition) { continuation.resume(returning: $0) }
    }
  }

  /// Where the text is for the first time.
  private func find(_ text: String, in path: String) throws -> Int {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(bytes.range(of: Data(text.utf8))).lowerBound
  }

  /// A key that changed is not found, and neither may be others that are looked for across it. No such actor is taken for a new one.
  @Test(arguments: [0, 3, 6, 7, 8, 9], [0, 1, 3, 5] as [UInt8])
  func anActorWhoseKeyChangedIsNotTakenForANewOne(byte: Int, bit: UInt8) async throws {
    let scratch = try ScratchDirectory()
    let directory = try await made(scratch)
    let path = directory + "/state.db"
    try flipBit(of: path, at: try find("agent-1100", in: path) + byte, bit: bit)
    let store = try openStore(directory)
    defer { store.close() }
    for name in names {
      switch await load([name], store) {
      case .success(let loaded):
        #expect(loaded == [LoadedActor(name: name, rows: [row(name)])])
        #expect(name.actorID != "agent-1100")
      case .failure(let error):
        guard case .damaged = error else {
          Issue.record("\(name.actorID): \(error)")
          continue
        }
      }
    }
  }

  /// All over the rows, some bits: nothing traps, and nothing is given out that was not written. What SQLite keeps of a page's
  /// layout is left alone: it has no checksum, and a page's list of its rows may lose one for good, until a verification.
  @Test(arguments: 0..<4)
  func anyFlippedBitIsAnErrorOrHarmless(part: Int) async throws {
    let scratch = try ScratchDirectory()
    let directory = try await made(scratch)
    let path = directory + "/state.db"
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var failures = 0
    for offset in stride(from: part * 53, to: whole.count, by: 211) where isContent(offset, whole) {
      try whole.write(to: URL(fileURLWithPath: path))
      try flipBit(of: path, at: offset, bit: UInt8(offset % 8))
      let store: NodeStore
      do throws(StoreError) {
        store = try NodeStore.start(
          directory: directory, identity: testIdentity, readModels: [], isAlone: true, report: { _ in })
      } catch {
        failures += 1
        continue
      }
      // One that was set aside has nothing; else there is all of it.
      let isEmpty = store.openNotes.contains { $0.contains("set aside") }
      for some in stride(from: 0, to: names.count, by: 20).map({ names[$0..<($0 + 20)] }) {
        switch await load(Array(some), store) {
        case .success(let loaded):
          #expect(loaded.allSatisfy { isEmpty ? $0.rows.isEmpty : $0.rows == [row($0.name)] }, "\(offset)")
        case .failure: failures += 1
        }
      }
      store.close()
    }
    #expect(failures > 10)
  }

  /// Whether the byte is behind the header of its page and the list of where its cells are.
  private func isContent(_ offset: Int, _ file: Data) -> Bool {
    let page = offset / 4_096 * 4_096
    let header = page == 0 ? 100 : page
    return offset - page >= Int(file[header + 5]) << 8 | Int(file[header + 6])
  }

  /// A page that cannot be: what writes there fails, and the next start begins with an empty state file.
  @Test func aDamagedPageThatIsWrittenIsSetAsideByTheNextStart() async throws {
    let scratch = try ScratchDirectory()
    let directory = try await made(scratch)
    let path = directory + "/state.db"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let page = try find("agent-1100", in: path) / 4_096 * 4_096
    for offset in page..<(page + 8) { bytes[offset] = 0xA5 }
    try bytes.write(to: URL(fileURLWithPath: path))

    let store = try openStore(directory)
    let result = await withCheckedContinuation { continuation in
      store.assignReplica(Self.partition, ReplicaID(rawValue: 65_537)) { continuation.resume(returning: $0) }
    }
    guard case .failure(.damaged(path, _)) = result else {
      Issue.record("\(result)")
      return
    }
    store.close()
    let next = try openStore(directory)
    #expect(next.openNotes.contains { $0.contains("found the state file damaged") }, "\(next.openNotes)")
    #expect(next.replicaIDs[Self.partition] == ReplicaID(rawValue: 65_537))
    let loaded = try await load(names, next).get()
    #expect(loaded.allSatisfy { $0.rows.isEmpty })
    next.close()
    #expect(FileManager.default.fileExists(atPath: path + ".set-aside"))
    let last = try openStore(directory)
    #expect(last.openNotes.isEmpty)
    last.close()
  }

  /// A row whose partition changed may end the search for those to delete too early: what is left would be the next replica's.
  @Test(arguments: ["agent-1000", "agent-1100", "agent-1163"], [0, 1, 3] as [UInt8])
  func rowsThatAreLeftAreNotGivenToTheNextReplica(actor: String, bit: UInt8) async throws {
    let scratch = try ScratchDirectory()
    let directory = try await made(scratch)
    let path = directory + "/state.db"
    // The number of partition 1 has no byte of its own: its type, in the row's header, is the number 1.
    let place = try find("Agent" + actor, in: path) - 7
    try #require(try Data(contentsOf: URL(fileURLWithPath: path))[place] == 9)
    try flipBit(of: path, at: place, bit: bit)
    let store = try openStore(directory)
    defer { store.close() }
    let result = await withCheckedContinuation { continuation in
      store.assignReplica(Self.partition, ReplicaID(rawValue: 65_537)) { continuation.resume(returning: $0) }
    }
    switch result {
    case .failure(.damaged(path, _)): break
    case .success: #expect(try await load(names, store).get().allSatisfy { $0.rows.isEmpty })
    case .failure(let error): Issue.record("\(error)")
    }
  }

  /// `disk.bitflip` in a read model: no other replica is given the row as if it were good.
  @Test(arguments: [
    "UPDATE interaction SET waited = 8 WHERE id = 'a'", "UPDATE interaction SET log_checksum = NULL",
  ])
  func aDamagedReadModelRowIsNotSentInASnapshot(sql: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("golden")
    try await GoldenStore.make(in: directory)
    try await GoldenStore.change(directory, sql)
    let store = try NodeStore.open(
      directory: directory, identity: GoldenStore.identity, readModels: [GoldenStore.table])
    defer { store.close() }
    let result = await withCheckedContinuation { continuation in
      store.readSnapshot(Self.partition) { continuation.resume(returning: $0) }
    }
    guard case .failure(.damaged(_, let detail)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(detail.contains("interaction, row"))
    // What the domain rests on is not touched by it.
    let loaded = try await store.loadPartition(Self.partition)
    #expect(loaded.rows.count == 2)
  }
}
