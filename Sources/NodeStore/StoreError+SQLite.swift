// Turns SQLite's result codes into StoreError. Touches no file.
internal import GRDB

extension StoreError {
  init(_ error: DatabaseError, file: String) {
    let detail = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
    switch error.extendedResultCode {
    case .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC:
      self = .syncFailed(file: file, detail: detail)
      return
    case .SQLITE_IOERR_SHMSIZE:
      // The WAL's index could not grow. It is no data and is not synced; what keeps it from growing is a full disk.
      self = .diskFull(file: file)
      return
    default:
      break
    }
    switch error.resultCode {
    // All SQL is this software's own: when it does not fit the tables, their declarations are not what was written.
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_ERROR:
      self = .damaged(file: file, detail: detail)
    case .SQLITE_FULL:
      self = .diskFull(file: file)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self = .locked(file: file)
    default:
      self = .io(file: file, detail: detail)
    }
  }

  /// Runs database work and gives whatever it throws as a `StoreError` of that file.
  static func mapping<Value>(_ file: String, _ work: () throws -> Value) throws(StoreError) -> Value {
    do {
      return try work()
    } catch let error as StoreError {
      throw error
    } catch let error as DatabaseError {
      throw StoreError(error, file: file)
    } catch {
      throw .io(file: file, detail: String(describing: error))
    }
  }
}
