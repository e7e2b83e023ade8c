// The virtual disk against the real SQLite: what survives, what is lost, and what a store makes of a bad disk.
import ClusterTestKit
import GRDB
import NodeStore
import Raft
import Testing

@Suite struct VirtualFilesTests {
  private let system = VirtualFileSystem(seed: 1)

  private func queue(_ disk: VirtualDisk, synchronous: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA synchronous = \(synchronous)")
      try database.execute(sql: "PRAGMA journal_mode = WAL")
    }
    let path = disk.files.databasePath(disk.directory + "/test.db")
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  private func rows(_ disk: VirtualDisk) throws -> Int {
    let queue = try queue(disk, synchronous: "FULL")
    defer { try? queue.close() }
    return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM t") ?? -1 }
  }

  /// Makes a table and syncs the directory, then commits rows one by one.
  private func write(_ disk: VirtualDisk, synchronous: String, rows: Int) throws -> DatabaseQueue {
    let made = try queue(disk, synchronous: "FULL")
    try made.write { try $0.execute(sql: "CREATE TABLE t(a)") }
    try made.close()
    try disk.files.syncDirectory(disk.directory)
    let queue = try queue(disk, synchronous: synchronous)
    for row in 0..<rows {
      try queue.write { try $0.execute(sql: "INSERT INTO t VALUES(?)", arguments: [row]) }
    }
    return queue
  }

  @Test(arguments: [("FULL", 7), ("NORMAL", 0)])
  func onlySyncedCommitsSurvive(synchronous: String, survivors: Int) throws {
    let disk = system.disk("a")
    let queue = try write(disk, synchronous: synchronous, rows: 7)
    disk.crash()
    try queue.close()
    #expect(try rows(disk) == survivors)
  }

  @Test func keptWritesSurvive() throws {
    let disk = system.disk("a")
    let queue = try write(disk, synchronous: "NORMAL", rows: 7)
    disk.crash(keptNames: { $0 }, keepUnsynced: { _ in .kept })
    try queue.close()
    #expect(try rows(disk) == 7)
  }

  @Test func deadConnectionsReachNothing() throws {
    let disk = system.disk("a")
    let old = try write(disk, synchronous: "FULL", rows: 3)
    let image = disk.image()
    disk.crash()
    let before = disk.fileNames.map { ($0, disk.size(of: $0)) }
    #expect(throws: DatabaseError.self) { try old.write { try $0.execute(sql: "INSERT INTO t VALUES(9)") } }
    try old.close()
    let after = disk.fileNames.map { ($0, disk.size(of: $0)) }
    #expect(before.elementsEqual(after) { $0 == $1 })
    #expect(try rows(disk) == 3)
    disk.restore(image)
    #expect(try rows(disk) == 3)
  }

  @Test func twoConnectionsSeeEachOther() throws {
    let disk = system.disk("a")
    let writer = try write(disk, synchronous: "FULL", rows: 2)
    let reader = try queue(disk, synchronous: "FULL")
    try reader.inDatabase { database in
      try database.inTransaction(.deferred) {
        #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM t") == 2)
        try writer.write { try $0.execute(sql: "INSERT INTO t VALUES(5)") }
        // A snapshot stays what it was.
        #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM t") == 2)
        return .commit
      }
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM t") == 3)
    }
    try reader.inDatabase { database in
      try database.inTransaction(.immediate) {
        #expect(throws: DatabaseError.self) {
          try writer.write { try $0.execute(sql: "INSERT INTO t VALUES(6)") }
        }
        return .commit
      }
    }
    try reader.close()
    try writer.close()
    #expect(disk.fileNames == ["test.db"], "the last connection takes the WAL with it")
  }

  @Test func namesAreDurableInOrder() throws {
    let disk = system.disk("a")
    try disk.files.write([1], to: disk.directory + "/one")
    try disk.files.syncDirectory(disk.directory)
    try disk.files.write([2], to: disk.directory + "/two")
    try disk.files.rename(disk.directory + "/one", to: disk.directory + "/three")
    #expect(disk.fileNames == ["three", "two"])
    disk.crash(keptNames: { count in
      #expect(count == 2)
      return 1
    })
    #expect(disk.fileNames == ["one", "two"])
    #expect(try disk.files.contents(of: disk.directory + "/two") == [2])
  }

  @Test func tornWritesKeepWholeSectors() throws {
    let disk = system.disk("a")
    let file = disk.directory + "/file"
    try disk.files.write([UInt8](repeating: 1, count: 2000), to: file)
    try disk.files.syncDirectory(disk.directory)
    disk.failNextSync()
    #expect(throws: StoreError.self) {
      try disk.files.write([UInt8](repeating: 2, count: 2000), to: file)
    }
    // Visible, but a later sync does not make it durable.
    #expect(try disk.files.contents(of: file) == [UInt8](repeating: 2, count: 2000))
    try disk.files.syncDirectory(disk.directory)
    disk.crash(keepUnsynced: { _ in .kept })
    #expect(try disk.files.contents(of: file) == [UInt8](repeating: 1, count: 2000))

    disk.freeze(afterChanges: 2)
    #expect(throws: StoreError.self) {
      try disk.files.write([UInt8](repeating: 3, count: 2000), to: file)
    }
    disk.crash(keepUnsynced: { $0.count == 0 ? .lost : .torn(1..<2) })
    let torn = try disk.files.contents(of: file)
    let expected = (0..<2000).map { 512..<1024 ~= $0 ? UInt8(3) : 1 }
    #expect(torn == expected)
  }

  @Test func latencyIsTold() throws {
    let disk = system.disk("a")
    disk.slow(syncNanoseconds: 1_000_000)
    let core = try openCore(disk)
    _ = disk.takeLatency()
    #expect(core.write(1, request(entries: [entry(1)])) == nil)
    #expect(disk.takeLatency() == 1_000_000)
    #expect(disk.takeLatency() == 0)
  }

  @Test func disksAndSystemsAreApart() async throws {
    let lengths = await withTaskGroup(of: [Int].self) { group in
      for _ in 0..<4 {
        group.addTask {
          let system = VirtualFileSystem(seed: 5)
          var random = SplitMix64(seed: 77)
          var model = LogModel()
          let disks = [system.disk("a"), system.disk("b")]
          let cores = disks.compactMap { try? openCore($0) }
          for number in 0..<200 {
            let partition = PartitionID(rawValue: UInt32(number % 3))
            let request = model.randomRequest(of: partition, maximumPayload: 5000, using: &random)
            model.take(request, of: partition)
            for core in cores { _ = core.write([(partition, request)]) }
          }
          disks[0].crash(using: &random)
          let first = try? openCore(disks[0]).recovered
          disks[1].crash()
          let second = try? openCore(disks[1]).recovered
          let areRight = first == model.logs && second == model.logs
          return [areRight ? 1 : 0] + disks.flatMap { disk in disk.fileNames.map { disk.size(of: $0) } }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(lengths.count == 4)
    #expect(lengths.allSatisfy { $0 == lengths[0] && $0[0] == 1 }, "\(lengths)")
  }
}
