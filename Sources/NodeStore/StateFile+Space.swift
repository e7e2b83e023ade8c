// Gives the space of deleted rows back to the file system, in steps that hold nobody up.
internal import GRDB
internal import Synchronization

extension StateFile {
  /// When free pages are given back: they are this much of the file, and this much at all. What is below is used again soon.
  private static let freeShare = 0.25
  private static let freeBytes: Int64 = 4 << 20
  /// A step writes about so many pages twice.
  private static let pagesPerStep = 256

  /// Whether rows were deleted since this was asked last.
  func takeDeleted() -> Bool {
    writes.withLock { writes in
      defer { writes.hasDeleted = false }
      return writes.hasDeleted
    }
  }

  /// One step, if there is enough to give back.
  /// - Returns: whether to call again, after other work.
  func returnSpace() throws(StoreError) -> Bool {
    let pages = try read { database in
      (
        all: try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0,
        free: try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0,
        size: try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
      )
    }
    guard Double(pages.free) > Double(pages.all) * Self.freeShare, pages.free * pages.size > Self.freeBytes
    else {
      return false
    }
    var left = pages.free
    try write(rows: 2 * Self.pagesPerStep, bytes: 0) { database in
      _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(\(Self.pagesPerStep))")
      left = try Int64.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
    }
    // A file that somebody made without `auto_vacuum` does not give pages back, however often it is asked.
    return left < pages.free
  }
}
