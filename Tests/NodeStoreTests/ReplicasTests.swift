// Replica ids, remembered peers, and files that are set aside.
import Foundation
import NodeStore
import Raft
import Testing

struct ReplicasTests {
  private let partition = PartitionID(rawValue: 3)
  private let other = PartitionID(rawValue: 4)
  private let replica = ReplicaID(rawValue: 65_537)

  private func done(_ work: (@escaping @Sendable (Result<Void, StoreError>) -> Void) -> Void) async throws {
    try await withCheckedContinuation { continuation in
      work { continuation.resume(returning: $0) }
    }.get()
  }

  private func fill(_ store: NodeStore) async throws {
    for partition in [partition, other] {
      let entry = LogEntry(index: 1, term: 2, payload: .command([1, 2]))
      let request = PersistRequest(
        token: PersistToken(rawValue: 1), hardState: HardState(term: 2, vote: nil, commit: 1),
        truncateFrom: nil,
        entries: [entry])
      try await done { store.append(partition: partition, request: request, completion: $0) }
      let row = ActorRow(actorType: "a", actorID: "b", rowKey: "c", index: 1, value: [9])
      try await done {
        store.checkpoint(
          PartitionCheckpoint(partition: partition, appliedIndex: 1, puts: [row], deletes: [], readModel: []),
          completion: $0)
      }
    }
  }

  @Test func anAssignedReplicaBeginsWithNothing() async throws {
    let scratch = try ScratchDirectory()
    var store = try openStore(scratch.directory("a"))
    try await fill(store)
    let name = store.storeID
    let life = store.life
    try await done { store.assignReplica(partition, replica, completion: $0) }
    #expect(try await store.loadPartition(partition).rows.isEmpty)
    #expect(store.durableSequence == 3)
    store.close()
    store = try openStore(scratch.directory("a"))
    #expect(store.storeID == name && store.life != life && !store.isAssignedOnly)
    #expect(store.replicaIDs == [partition: replica] && store.foundSequence == 3)
    #expect(store.recovered[partition] == nil && store.unusablePartitions.isEmpty)
    #expect(store.recovered[other]?.entries.count == 1)
    #expect(try await store.loadPartition(partition).appliedIndex == 0)
    #expect(try await store.loadPartition(other).rows.count == 1)
    #expect(store.unusablePartitions.isEmpty)
    store.close()
  }

  /// The log says it first, and the rows follow at the next open.
  @Test func aCrashBeforeTheRowsAreGoneIsRepaired() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("a"))
    try await fill(store)
    let before = try scratch.image(of: scratch.directory("a"), named: "before")
    try await done { store.assignReplica(partition, replica, completion: $0) }
    let after = try scratch.image(of: scratch.directory("a"), named: "after")
    store.close()
    for suffix in ["", "-wal"] {
      for (from, to) in [(before, after)] {
        try? FileManager.default.removeItem(atPath: to + "/state.db" + suffix)
        try? FileManager.default.copyItem(
          atPath: from + "/state.db" + suffix, toPath: to + "/state.db" + suffix)
      }
    }
    let verification = try StoreVerification.run(directory: after)
    #expect(verification.isClean, "the next start finishes it: \(verification.findings)")
    #expect(verification.findings.contains { $0.words.contains("earlier replica") })
    let crashed = try openStore(after)
    #expect(crashed.replicaIDs == [partition: replica])
    #expect(try await crashed.loadPartition(partition).rows.isEmpty)
    #expect(try await crashed.loadPartition(other).rows.count == 1)
    crashed.close()
  }

  /// A log that has forgotten whose it is must not be used under the id before.
  @Test func aLogThatLostItsReplicaIsUnusable() async throws {
    let scratch = try ScratchDirectory()
    let store = try openStore(scratch.directory("a"))
    try await fill(store)
    let before = try scratch.image(of: scratch.directory("a"), named: "before")
    try await done { store.assignReplica(partition, replica, completion: $0) }
    let after = try scratch.image(of: scratch.directory("a"), named: "after")
    store.close()
    for suffix in ["", "-wal"] {
      try? FileManager.default.removeItem(atPath: after + "/log.db" + suffix)
      try? FileManager.default.copyItem(
        atPath: before + "/log.db" + suffix, toPath: after + "/log.db" + suffix)
    }
    #expect(try !StoreVerification.run(directory: after).isClean)
    let crashed = try openStore(after)
    #expect(crashed.unusablePartitions.keys.sorted() == [partition])
    crashed.close()
  }

  @Test func peersAreRemembered() async throws {
    let scratch = try ScratchDirectory()
    var store = try openStore(scratch.directory("a"))
    var peer = RememberedPeer(
      node: "south", store: .max, incarnation: 4, life: 8, reached: 15, superseded: [16, .max])
    try await done { store.rememberPeer(peer, completion: $0) }
    peer.incarnation = 5
    try await done { store.rememberPeer(peer, completion: $0) }
    store.close()
    store = try openStore(scratch.directory("a"))
    #expect(store.peers == [peer])
    store.close()
  }

  private func start(_ directory: String, isAlone: Bool = false, _ notes: inout [StartNote]) throws
    -> NodeStore
  {
    try NodeStore.start(
      directory: directory, identity: testIdentity, readModels: [], isAlone: isAlone,
      report: { notes.append($0) })
  }

  @Test func suspectFilesAreSetAside() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("a")
    var notes: [StartNote] = []
    var names: Set<UInt64> = []
    var incarnation: UInt64 = 0
    for round in 1...4 {
      let store = try start(directory, &notes)
      #expect(names.insert(store.storeID).inserted)
      #expect(store.isAssignedOnly == (round > 1) && store.isNew == (round == 1) && store.recovered.isEmpty)
      #expect(store.incarnation > incarnation)
      incarnation = store.incarnation
      try await fill(store)
      store.markSuspect("round \(round)")
      store.close()
      // Alone nothing is set aside.
      let same = try start(directory, isAlone: true, &notes)
      #expect(same.suspectedBecause == "round \(round)" && names.contains(same.storeID))
      incarnation = same.incarnation
      same.close()
    }
    notes = []
    let store = try start(directory, &notes)
    store.close()
    #expect(notes.contains(.setAside(reason: "round 4", path: directory + "/set-aside-4")))
    let kept = try FileManager.default.contentsOfDirectory(atPath: directory).filter {
      $0.hasPrefix("set-aside-")
    }
    #expect(kept.sorted() == ["set-aside-3", "set-aside-4"])
    let old = try openStore(directory + "/set-aside-4")
    #expect(old.recovered.count == 2 && old.suspectedBecause == "round 4")
    old.close()
  }

  @Test func aDamagedLogIsSetAside() async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("a")
    let first = try openStore(directory)
    try await fill(first)
    first.close()
    try Data(repeating: 1, count: 9_000).write(to: URL(fileURLWithPath: directory + "/log.db"))
    var notes: [StartNote] = []
    #expect(throws: StoreError.self) { try start(directory, isAlone: true, &notes).close() }
    let store = try start(directory, &notes)
    #expect(store.isAssignedOnly && store.recovered.isEmpty)
    #expect(try await store.loadPartition(partition).rows.isEmpty)
    store.close()
  }

  /// Each crash in the middle leaves what the next start sets aside, too, and never a log of another time.
  @Test(arguments: [["log.db"], ["log.db", "log.db-wal"], ["log.db", "log.db-wal", "state.db"]])
  func aCrashInTheMiddleIsFinished(_ moved: [String]) async throws {
    let scratch = try ScratchDirectory()
    let directory = scratch.directory("a")
    let first = try openStore(directory)
    try await fill(first)
    let image = try scratch.image(of: directory, named: "image")
    first.markSuspect("a failed write")
    first.close()
    try FileManager.default.copyItem(atPath: directory + "/suspect", toPath: image + "/suspect")
    try FileManager.default.createDirectory(atPath: image + "/set-aside-1", withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: image + "/set-aside-1/unfinished"))
    try Data("77".utf8).write(to: URL(fileURLWithPath: image + "/assigned-only"))
    for name in moved {
      try FileManager.default.moveItem(atPath: image + "/" + name, toPath: image + "/set-aside-1/" + name)
    }
    var notes: [StartNote] = []
    let store = try start(image, &notes)
    #expect(store.isAssignedOnly && store.suspectedBecause == nil && store.recovered.isEmpty)
    #expect(store.incarnation > 77)
    #expect(try await store.loadPartition(partition).rows.isEmpty)
    store.close()
    #expect(FileManager.default.fileExists(atPath: image + "/set-aside-1/suspect"))
    #expect(FileManager.default.fileExists(atPath: image + "/set-aside-1/state.db"))
  }
}
