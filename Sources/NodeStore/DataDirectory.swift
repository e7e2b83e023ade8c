// The data directory: its names, its permissions, its lock and its marker. Touches the file system, never SQLite.
internal import Foundation

/// Paths and file operations of one data directory.
struct DataDirectory: Sendable {
  let path: String

  var logFile: String { path + "/log.db" }
  var stateFile: String { path + "/state.db" }
  var lockFile: String { path + "/lock" }
  var suspectMarker: String { path + "/suspect" }

  /// Creates the directory where it is missing and gives it to its owner alone (0700).
  func prepare() throws(StoreError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    } catch {
      throw .io(
        file: path, detail: "it cannot be made a directory with mode 0700 (\(error.localizedDescription))")
    }
    try sync((path as NSString).deletingLastPathComponent)
  }

  /// Makes created and renamed entries of the directory durable.
  func sync() throws(StoreError) {
    try sync(path)
  }

  private func sync(_ directory: String) throws(StoreError) {
    let descriptor = open(directory.isEmpty ? "." : directory, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .io(file: directory, detail: Self.words(errno))
    }
    defer { close(descriptor) }
    // Some file systems do not sync directories and say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw .io(file: directory, detail: Self.words(errno))
    }
  }

  /// 0 when the file is missing.
  static func size(of file: String) throws(StoreError) -> Int {
    var information = stat()
    guard stat(file, &information) == 0 else {
      if errno == ENOENT { return 0 }
      throw .io(file: file, detail: words(errno))
    }
    return Int(information.st_size)
  }

  static func words(_ code: Int32) -> String {
    String(cString: strerror(code))
  }

  /// Moves the state file out of the way, over the one that was moved before, so that it is rebuilt from the log. The file
  /// goes before its WAL: a crash between the two leaves a WAL without a file, which is found damaged again, and never a file
  /// that lacks its WAL.
  func setStateFileAside() throws(StoreError) {
    for suffix in ["", "-wal"] {
      let old = stateFile + suffix
      guard rename(old, stateFile + ".set-aside" + suffix) == 0 || errno == ENOENT else {
        throw .io(file: old, detail: Self.words(errno))
      }
    }
    unlink(stateFile + "-shm")
    try sync()
  }

  /// Why this directory was marked as suspect; nil when it was not.
  func suspicion() -> String? {
    guard FileManager.default.fileExists(atPath: suspectMarker) else { return nil }
    let bytes = FileManager.default.contents(atPath: suspectMarker)
    return bytes.map { String(decoding: $0, as: UTF8.self) } ?? "the marker cannot be read"
  }

  /// Leaves a marker that outlives restarts. Best effort: the disk has just failed.
  func markSuspect(_ reason: String) {
    let descriptor = open(suspectMarker, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(reason.utf8)
    _ = write(descriptor, bytes, bytes.count)
    _ = fsync(descriptor)
    try? sync()
  }
}
