// What the disk and SQLite do without us: the floor of the store's benchmark.
internal import Foundation
internal import GRDB

struct StoreBenchFloor {
  let directory: String
  let seconds: Double

  /// Seconds of one write and fdatasync of 4 KiB, each after the other, into a file that has its size already.
  func fdatasync() throws -> Percentiles {
    let path = directory + "/floor.bin"
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw BenchFailure("\(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    let page = [UInt8](repeating: 0x5A, count: 4096)
    let pages = 1024
    for number in 0..<pages { try write(page, at: number * 4096, descriptor, path) }
    guard fsync(descriptor) == 0 else { throw BenchFailure("\(path) cannot be synced") }
    var samples: [Double] = []
    let start = ContinuousClock.now
    while start.seconds < seconds {
      let one = ContinuousClock.now
      try write(page, at: (samples.count % pages) * 4096, descriptor, path)
      guard Foundation.fdatasync(descriptor) == 0 else { throw BenchFailure("\(path) cannot be synced") }
      samples.append(one.seconds)
    }
    return Percentiles(samples)
  }

  private func write(_ page: [UInt8], at offset: Int, _ descriptor: Int32, _ path: String) throws {
    guard page.withUnsafeBytes({ pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset)) }) == page.count
    else {
      throw BenchFailure("\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  /// Commits a second of one row of 256 bytes, with nothing around SQLite.
  func commits() throws -> Double {
    var configuration = Configuration()
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA synchronous = FULL")
      try database.execute(sql: "PRAGMA journal_mode = WAL")
    }
    let queue = try DatabaseQueue(path: directory + "/floor.db", configuration: configuration)
    defer { try? queue.close() }
    let row = Data(repeating: 0x5A, count: 256)
    return try queue.writeWithoutTransaction { database in
      try database.execute(sql: "CREATE TABLE row(id INTEGER PRIMARY KEY, value BLOB)")
      let insert = try database.makeStatement(sql: "INSERT INTO row(value) VALUES(?)")
      let (begin, commit) = (
        try database.makeStatement(sql: "BEGIN IMMEDIATE"), try database.makeStatement(sql: "COMMIT")
      )
      var count = 0.0
      let start = ContinuousClock.now
      while start.seconds < seconds {
        try begin.execute()
        try insert.execute(arguments: [row])
        try commit.execute()
        count += 1
      }
      return count / start.seconds
    }
  }
}

struct BenchFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension ContinuousClock.Instant {
  /// From this instant until now.
  var seconds: Double { seconds(until: .now) }

  func seconds(until end: ContinuousClock.Instant) -> Double {
    let duration = duration(to: end).components
    return Double(duration.seconds) + Double(duration.attoseconds) / 1e18
  }
}
