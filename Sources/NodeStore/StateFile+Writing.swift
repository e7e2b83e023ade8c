// How the state file is written: when the WAL is copied into the file, and what a failed sync means.
internal import GRDB
internal import Synchronization

/// What the state file remembers between transactions.
struct StateWrites {
  /// An estimate of the pages that were written since the WAL was copied last.
  var pages = 0
  /// Rows were deleted since the free pages were looked at last.
  var hasDeleted = false
  /// A sync failed: what SQLite shows may not be on the disk, and a later sync would not tell. Or the file is damaged.
  var failure: StoreError?
}

extension StateFile {
  /// As SQLite's automatic checkpoint.
  private static let pagesPerCopy = 1000

  func read<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
    try database.read(work)
  }

  /// One transaction, which a power loss may take. Copies the WAL into the file when it has grown.
  /// - Parameter rows: how many rows it writes or deletes; with `bytes` of values it tells how the WAL grows.
  func write(rows: Int, bytes: Int, _ work: (Database) throws -> Void) throws(StoreError) {
    try checkFailure()
    // With `synchronous=NORMAL` too SQLite syncs in a commit: the header of a WAL that begins anew.
    try latching(.sync) { () throws(StoreError) in try database.write(work) }
    try count(rows: rows, bytes: bytes)
  }

  /// One transaction, on stable storage with all before it when this returns.
  func writeSynced(rows: Int, bytes: Int, _ work: (Database) throws -> Void) throws(StoreError) {
    try checkFailure()
    try latching(.any) { () throws(StoreError) in try database.writeSynced(work) }
    try count(rows: rows, bytes: bytes)
  }

  private func count(rows: Int, bytes: Int) throws(StoreError) {
    let isLong = writes.withLock { writes in
      writes.pages += 2 + rows + bytes / 4096
      return writes.pages >= Self.pagesPerCopy
    }
    guard isLong else { return }
    do throws(StoreError) {
      try copyWAL()
    } catch  where error.isRetryable {
      // The transaction is in the WAL and stays there; the next one tries again.
    }
  }

  /// Copies as much as readers let. It syncs the WAL first, and a sync that failed once must not be repeated.
  private func copyWAL() throws(StoreError) {
    try latching(.any) { () throws(StoreError) in
      _ = try database.read { try Row.fetchAll($0, sql: "PRAGMA wal_checkpoint(PASSIVE)") }
    }
    writes.withLock { $0.pages = 0 }
  }

  private func checkFailure() throws(StoreError) {
    if let failure = writes.withLock({ $0.failure }) { throw failure }
  }

  /// After which failures nothing is written any more.
  private enum Fatal {
    /// What says that it was the sync.
    case sync
    /// Also what may have been.
    case any
  }

  /// A full disk, a busy file or a refused request has changed nothing. A damaged file is one for the next start to set aside.
  private func latching(_ fatal: Fatal, _ work: () throws(StoreError) -> Void) throws(StoreError) {
    do throws(StoreError) {
      try work()
    } catch {
      let isFatal =
        switch error {
        case .syncFailed: true
        case .io: fatal == .any
        case .damaged: true
        default: false
        }
      if isFatal {
        writes.withLock { $0.failure = error }
        if case .damaged = error {
          directory.markStateDamaged("\(error)")
        } else {
          directory.markSuspect("A sync of the state file failed: \(error)")
        }
      }
      throw error
    }
  }
}
