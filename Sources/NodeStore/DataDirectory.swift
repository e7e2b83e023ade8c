// The data directory: its names and its markers. Touches the file system through `StoreFiles`, never SQLite.

/// Paths and file operations of one data directory.
struct DataDirectory: Sendable {
  let path: String
  let files: any StoreFiles

  var logFile: String { path + "/log.db" }
  var stateFile: String { path + "/state.db" }
  var lockFile: String { path + "/lock" }
  var suspectMarker: String { path + "/suspect" }
  var stateDamageMarker: String { path + "/state.damaged" }
  var cutMarker: String { path + "/log.cut" }

  /// Makes created and renamed entries of the directory durable.
  func sync() throws(StoreError) {
    try files.syncDirectory(path)
  }

  /// Judges the WAL of a database file, before SQLite opens it. A missing WAL is clean.
  func scanWAL(of databaseFile: String) throws(StoreError) -> WALScan {
    let file = databaseFile + "-wal"
    let size = try files.size(of: file)
    guard size > 0 else { return .clean }
    return try files.reading(file) { (read) throws(StoreError) in
      try WALScan.scan(size: size, read: read)
    }
  }

  /// Leaves a marker by which the next start sets the state file aside. Best effort.
  func markStateDamaged(_ reason: String) {
    try? files.write(Array(reason.utf8), to: stateDamageMarker)
    try? sync()
  }

  /// Why the state file is to be set aside; nil when it is not.
  func stateDamage() throws(StoreError) -> String? {
    try files.contents(of: stateDamageMarker).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Moves the state file out of the way, over the one that was moved before, so that it is rebuilt from the log. The file
  /// goes before its WAL: a crash between the two leaves a WAL without a file, which is found damaged again, and never a file
  /// that lacks its WAL.
  func setStateFileAside() throws(StoreError) {
    for suffix in ["", "-wal"] {
      try files.rename(stateFile + suffix, to: stateFile + ".set-aside" + suffix)
    }
    try files.remove(stateFile + "-shm")
    try sync()
    // Last: a crash before sets aside once more.
    try files.remove(stateDamageMarker)
  }

  /// Keeps what a scan of the log's WAL found until the log itself says it: SQLite removes the trace, so a start that fails
  /// then would make the next one trust the log.
  /// - Returns: the worst that this scan, or that of a failed start before it, has found.
  func rememberCut(_ found: LogCut) throws(StoreError) -> LogCut {
    let marked = try files.contents(of: cutMarker).map(LogCut.init(marker:)) ?? .none
    guard found > marked else { return marked }
    try files.write(found.marker, to: cutMarker)
    try sync()
    return found
  }

  /// The log says it now. A removal that a power loss takes back only makes the next start doubt once more.
  func forgetCut() throws(StoreError) {
    try files.remove(cutMarker)
  }

  /// Why this directory was marked as suspect; nil when it was not.
  func suspicion() -> String? {
    do throws(StoreError) {
      return try files.contents(of: suspectMarker).map { String(decoding: $0, as: UTF8.self) }
    } catch {
      return "the marker cannot be read"
    }
  }

  /// Leaves a marker that outlives restarts. Best effort: the disk has just failed.
  func markSuspect(_ reason: String) {
    try? files.write(Array(reason.utf8), to: suspectMarker)
    try? sync()
  }
}
