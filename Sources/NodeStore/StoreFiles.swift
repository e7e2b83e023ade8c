// What the store does with the file system outside of SQLite: a protocol, so that a simulation can be the disk.

/// The file system as the store sees it. `RealFiles` is the operating system's; the simulator has one that models unsynced
/// writes and faults. A missing file is an error only where that is said.
package protocol StoreFiles: Sendable {
  /// Reads exactly `count` bytes at `offset` of one file.
  typealias Read = (_ offset: Int, _ count: Int) throws(StoreError) -> [UInt8]

  /// Creates the directory where it is missing, gives it to its owner alone, and makes its own entry durable.
  func prepareDirectory(_ path: String) throws(StoreError)
  /// Makes created, renamed and removed entries of the directory durable.
  func syncDirectory(_ path: String) throws(StoreError)
  /// 0 when the file is missing.
  func size(of file: String) throws(StoreError) -> Int
  /// Runs `work` with a function that reads the file.
  func reading<Value>(_ file: String, _ work: (Read) throws(StoreError) -> Value) throws(StoreError) -> Value
  /// The whole file; nil when it is missing.
  func contents(of file: String) throws(StoreError) -> [UInt8]?
  /// Replaces the file and syncs it, but not its directory.
  func write(_ bytes: [UInt8], to file: String) throws(StoreError)
  /// Syncs the file.
  func sync(_ file: String) throws(StoreError)
  /// Cuts the file, and syncs it.
  func truncate(_ file: String, to size: Int) throws(StoreError)
  /// Refuses what would leave little room on the disk of a file that is to be made.
  func checkRoom(for bytes: Int, in file: String) throws(StoreError)
  /// Copies a file in pieces, without syncing it, after `checkRoom`.
  func copy(_ old: String, to new: String) throws(StoreError)
  /// Replaces `new`. Nothing happens when `old` is missing.
  func rename(_ old: String, to new: String) throws(StoreError)
  /// Nothing happens when the file is missing.
  func remove(_ file: String) throws(StoreError)
  /// Takes the file's lock for this process, or throws `locked`. Held until the value is gone.
  func lock(_ file: String) throws(StoreError) -> any StoreLock
  /// How much room the file system has that the directory is on.
  func space(at directory: String) throws(StoreError) -> DiskSpace
  /// Names the time since the machine was started: what was written in it is in the page cache, whatever became of the
  /// process that wrote. Empty if nobody knows.
  var bootID: String { get }
  /// What SQLite is given to open the database file at `path`: the path, or a URI that names a VFS.
  func databasePath(_ path: String) -> String
}

extension StoreFiles {
  /// Also when it is empty.
  func isThere(_ file: String) throws(StoreError) -> Bool {
    if try size(of: file) > 0 { return true }
    return try contents(of: file) != nil
  }
}

/// One process's hold on a data directory; it ends with the value.
package protocol StoreLock: AnyObject, Sendable {}
