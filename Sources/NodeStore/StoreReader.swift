// Read-only connections to the files of a data directory: for reports, on live and on stopped nodes. They write nothing.
internal import Dispatch
internal import GRDB

/// One file, opened to be read.
struct StoreReader: Sendable {
  let path: String
  let queue: DatabaseQueue

  /// How a file is seen.
  enum View {
    /// The node may run: readers share the WAL with it.
    case live
    /// Nobody writes, and the WAL is empty: the file alone, without locks, and without the files that SQLite makes for a WAL.
    case still
  }

  /// - Throws: `.io` when the file is missing, `.damaged` when it is no database.
  init(_ path: String, files: any StoreFiles, view: View) throws(StoreError) {
    guard try files.size(of: path) > 0 else {
      throw .io(file: path, detail: "it is missing or empty")
    }
    self.path = path
    let location = Self.location(files.databasePath(path), view)
    queue = try StoreError.mapping(path) {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(5)
      return try DatabaseQueue(path: location, configuration: configuration)
    }
  }

  /// - Parameter path: a path, or a URI that names a VFS.
  static func location(_ path: String, _ view: View) -> String {
    switch view {
    case .live: path
    case .still: path.hasPrefix("file:") ? path + "&immutable=1" : "file:\(escaped(path))?immutable=1"
    }
  }

  /// A path as SQLite's URIs want it.
  static func escaped(_ path: String) -> String {
    path.replacing("%", with: "%25").replacing("?", with: "%3f").replacing("#", with: "%23")
  }

  func read<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
    try StoreError.mapping(path) { try queue.read(work) }
  }

  /// Interrupts the work when it takes longer: a reader of a live file keeps the WAL from being emptied.
  /// - Throws: `.io` in words when it was interrupted.
  func read<Value>(within limit: DispatchTimeInterval, _ work: (Database) throws -> Value) throws(StoreError)
    -> Value
  {
    let queue = queue
    let alarm = DispatchWorkItem { queue.interrupt() }
    DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + limit, execute: alarm)
    defer { alarm.cancel() }
    do {
      return try queue.read(work)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
      throw .io(
        file: path,
        detail:
          "the question took too long and was stopped, because a reader makes the WAL of a live node grow")
    } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
      // The SQL is a person's: it is wrong, not the file.
      throw .io(file: path, detail: error.message ?? "\(error)")
    } catch {
      return try StoreError.mapping(path) { throw error }
    }
  }

  func close() {
    try? queue.close()
  }
}
