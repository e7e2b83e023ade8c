// Everything that can go wrong in the store, in words for the person who has to act on it: a value.

/// A failure of the data directory. Every case names the file (or the request) and says what to do.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file belongs to another node or another cluster.
  case wrongIdentity(file: String, expected: StoreIdentity, found: StoreIdentity)
  /// The file was written by a newer version of this software.
  case newerFormat(file: String, version: Int)
  /// The file's content is not what was written: it must not be trusted.
  case damaged(file: String, detail: String)
  /// Another process has the file.
  case locked(file: String)
  /// Part of one partition's log is missing or bad. Nothing of it is written until it is reset; other partitions go on.
  case partitionDamaged(detail: String)
  /// The disk is full.
  case diskFull(file: String)
  /// The operating system or SQLite refused.
  case io(file: String, detail: String)
  /// The operating system could not make a write durable: what the file shows may not be on the disk.
  case syncFailed(file: String, detail: String)
  /// A snapshot from another replica cannot take the place of what is here. Nothing was written.
  case unusableSnapshot(detail: String)
  /// The caller asked for something that would make the file inconsistent. Nothing was written.
  case invalidRequest(detail: String)
  /// A read model's declaration cannot be a table, or contradicts the table that exists.
  case invalidReadModel(table: String, detail: String)
  /// A backup cannot be made here, or cannot be restored here. Nothing that was there was changed.
  case backupRefused(detail: String)
  /// The store was closed before the request.
  case closed

  /// Whether the same request may succeed later without anybody touching the data directory's content.
  /// A failed log append is never retryable on the same open store, whatever this says: see `NodeStore.append`. A log that
  /// finds its disk full tries again by itself.
  public var isRetryable: Bool {
    switch self {
    case .locked, .diskFull: true
    case .wrongIdentity, .newerFormat, .damaged, .partitionDamaged, .io, .syncFailed, .unusableSnapshot,
      .invalidRequest, .invalidReadModel, .backupRefused, .closed:
      false
    }
  }

  public var description: String {
    switch self {
    case .wrongIdentity(let file, let expected, let found):
      "\(file) belongs to \(found), but this is \(expected). Start that node here, or point this one at its own data directory."
    case .newerFormat(let file, let version):
      "\(file) has format \(version), which is newer than this version understands. Start the version that wrote it."
    case .damaged(let file, let detail):
      "\(file) is damaged: \(detail). Do not start this replica from it: keep the file for examination, and rebuild from the other nodes."
    case .partitionDamaged(let detail):
      "The log of \(detail). This replica stays out: it comes back under a new replica id, from the other nodes."
    case .locked(let file):
      "\(file) is in use by another process. Stop that process, or choose another data directory."
    case .diskFull(let file):
      "The disk of \(file) is full. Free space on it; what was acknowledged is kept."
    case .io(let file, let detail):
      "\(file) cannot be used: \(detail). Check the disk, its mount and the permissions."
    case .syncFailed(let file, let detail):
      "\(file) could not be synced: \(detail). What it shows may not be on the disk: replace the disk of this replica, and rebuild it from the other nodes."
    case .unusableSnapshot(let detail):
      "A snapshot was refused and nothing was written: \(detail)."
    case .invalidRequest(let detail):
      "The store refused a request and wrote nothing: \(detail). This is a defect of the caller; please report it."
    case .invalidReadModel(let table, let detail):
      "The read model \"\(table)\" cannot be kept: \(detail). Correct its declaration."
    case .backupRefused(let detail):
      "The backup was refused: \(detail)."
    case .closed:
      "The store is closed. Nothing was written."
    }
  }
}
