// Files that cannot be trusted are set aside, and empty ones take their place. Touches files, never SQLite.
internal import Foundation

extension DataDirectory {
  /// Makes new log files hold only replicas that leaders assign; its content is what their incarnations begin above.
  var assignedMarker: String { path + "/assigned-only" }

  /// Nil while this directory has its first files.
  func assignedFloor() throws(StoreError) -> UInt64? {
    guard let bytes = try files.contents(of: assignedMarker) else { return nil }
    // A marker that a full disk left incomplete is one all the same.
    return UInt64(String(decoding: bytes, as: UTF8.self)) ?? 0
  }
}

/// Moves the files of a data directory out of the way.
enum SetAside {
  /// So many are kept.
  static let kept = 2

  /// A file that is in a folder until everything is.
  private static let unfinished = "unfinished"

  static func folder(_ number: Int) -> String { "set-aside-\(number)" }

  /// The numbers of those that are there, ascending.
  static func numbers(in path: String) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.compactMap { $0.hasPrefix("set-aside-") ? Int($0.dropFirst(10)) : nil }.sorted()
  }

  /// In this order, so that a crash at any point leaves a directory that is set aside again, or is empty: the log goes
  /// before its WAL and before the state, of which neither is used without it; the marker goes last.
  static func run(_ directory: DataDirectory, above floor: UInt64) throws(StoreError) -> String {
    let files = directory.files
    let numbers = numbers(in: directory.path)
    // A crash in the middle has left the rest of the last one.
    var isRest = false
    if let last = numbers.last {
      let isLogGone = try files.size(of: directory.logFile) == 0
      isRest = try files.contents(of: "\(directory.path)/\(folder(last))/\(unfinished)") != nil && isLogGone
    }
    let number = (numbers.last ?? 0) + (isRest ? 0 : 1)
    let target = directory.path + "/" + folder(number)
    try files.prepareDirectory(target)
    try files.write([], to: target + "/" + unfinished)
    try files.write(
      Array(String(max(floor, try directory.assignedFloor() ?? 0)).utf8), to: directory.assignedMarker)
    try directory.sync()
    let names = [
      "log.db", "log.db-wal", "state.db", "state.db-wal", "state.db.set-aside", "state.db.set-aside-wal",
      "log.cut", "state.damaged", "superseded",
      "suspect",
    ]
    for name in names {
      let file = directory.path + "/" + name
      // An empty file must not take the place of one that was moved before.
      guard try files.size(of: file) > 0 else {
        try files.remove(file)
        continue
      }
      if name == "suspect" { try sync(directory, target) }
      try files.rename(file, to: target + "/" + name)
      // A log without its WAL would be taken for an older one.
      if name == "log.db" { try sync(directory, target) }
    }
    for name in ["log.db-shm", "state.db-shm"] { try files.remove(directory.path + "/" + name) }
    try sync(directory, target)
    try files.remove(target + "/" + unfinished)
    for old in numbers.dropLast(kept - (isRest ? 0 : 1)) {
      try? FileManager.default.removeItem(atPath: directory.path + "/" + folder(old))
    }
    return target
  }

  private static func sync(_ directory: DataDirectory, _ target: String) throws(StoreError) {
    try directory.files.syncDirectory(target)
    try directory.sync()
  }
}
