// When the log file is put in order, and in which steps: values, pure.

/// How the log file is kept small. The product uses the defaults.
package struct LogUpkeepLimits: Sendable {
  /// The WAL is copied into the file when about so many bytes were written to it. The copy is one write and one sync of as
  /// many bytes at most, while the next batch gathers: that is the stall.
  package var walBytes = 4 << 20
  /// A WAL so many times longer is counted as pinned by a reader.
  package var pinnedFactor = 16
  /// Old batches are deleted when there are so many of them, or so many bytes.
  package var trimRows = 32
  package var trimBytes = 128 << 10
  /// At most so much is deleted in the transaction of a batch,
  package var stepRows = 64
  package var stepBytes = 256 << 10
  /// and in one of its own, when nobody waits.
  package var idleStepRows = 256
  package var idleStepBytes = 1 << 20
  /// Old hard states and bases are written again when so many batches, or so many bytes, are kept for nothing else.
  package var carryRows = 256
  package var carryBytes = 1 << 20
  /// Free pages go back to the file system when there are more bytes of them than this, and more than a quarter of the file.
  package var vacuumBytes = 4 << 20
  /// Pages that one step gives back under load, and when nobody waits.
  package var vacuumPages = 64
  package var idleVacuumPages = 256
  /// Batches between two such steps under load.
  package var batchesPerVacuum = 16

  package init() {}
}

/// What the writer knows of the log file's size, and what it makes of it.
struct LogUpkeep {
  static let pageBytes = 4096

  let limits: LogUpkeepLimits
  /// Bytes of the batches that are there.
  var logBytes: Int
  /// Why old batches are deleted no more until the next start.
  private(set) var stopped: String?
  private var walPages = 0
  private var copyAtPages: Int
  /// How long the file of the WAL was when it was last copied, and is now.
  private var walBytes = (copied: 0, now: 0)
  private var pages = 0
  private var freePages = 0
  private var batchesSinceVacuum = 0
  /// A step met a full disk or a busy file: not again before the next batch.
  private var isPaused = false

  init(limits: LogUpkeepLimits, logBytes: Int) {
    self.limits = limits
    self.logBytes = logBytes
    copyAtPages = limits.walBytes / Self.pageBytes
  }

  var fileBytes: Int { pages * Self.pageBytes }

  /// About so many pages go into the WAL: of the table, of the map that `auto_vacuum` keeps, and of what was deleted.
  mutating func committed(bytes: Int, deletedRows: Int) {
    logBytes += bytes
    walPages += 3 + bytes / Self.pageBytes + (deletedRows > 0 ? 6 + deletedRows / 4 : 0)
    batchesSinceVacuum += 1
    isPaused = false
  }

  mutating func learned(_ size: LogFileSize) {
    (pages, freePages) = (size.pages, size.freePages)
  }

  mutating func pause() { isPaused = true }

  mutating func stop(_ words: String) { stopped = words }

  // MARK: - The WAL

  /// SQLite writes a WAL from its beginning again, so the file tells how much is in it only while it grows.
  mutating func saw(walBytes bytes: Int) {
    walBytes.now = bytes
    if bytes > walBytes.copied { walPages = max(walPages, bytes / (Self.pageBytes + WALFrame.headerLength)) }
  }

  var mustCopyWAL: Bool { walPages >= copyAtPages }

  /// - Returns: whether a reader keeps the WAL long.
  mutating func copied(_ copy: WALCopy) -> Bool {
    let step = max(1, limits.walBytes / Self.pageBytes)
    walPages = copy.isComplete ? 0 : copy.pages
    copyAtPages = walPages + step
    walBytes.copied = walBytes.now
    return copy.pages > limits.pinnedFactor * step
  }

  /// A full disk: the WAL stays as it is.
  mutating func copyFailed() {
    copyAtPages = walPages + max(1, limits.walBytes / Self.pageBytes / 4)
  }

  // MARK: - Old batches

  /// Whether `rows` batches that nobody needs are worth a step, of a log with `count` batches.
  func isWorthTrimming(_ rows: Int64, of count: Int64) -> Bool {
    exceeds(rows, of: count, limits.trimRows, limits.trimBytes)
  }

  func isWorthCarrying(_ rows: Int64, of count: Int64) -> Bool {
    exceeds(rows, of: count, limits.carryRows, limits.carryBytes)
  }

  private func exceeds(_ rows: Int64, of count: Int64, _ rowLimit: Int, _ byteLimit: Int) -> Bool {
    guard stopped == nil, !isPaused, rows > 0 else { return false }
    return rows >= Int64(rowLimit) || Int(rows) * (logBytes / Int(max(1, count))) >= byteLimit
  }

  // MARK: - Free pages

  /// How many pages to give back now; nil for none.
  func vacuumPages(isIdle: Bool) -> Int? {
    guard stopped == nil, !isPaused, freePages * Self.pageBytes > limits.vacuumBytes, freePages * 4 > pages,
      isIdle || batchesSinceVacuum >= limits.batchesPerVacuum
    else { return nil }
    return isIdle ? limits.idleVacuumPages : limits.vacuumPages
  }

  mutating func vacuumed(_ size: LogFileSize, asked: Int) {
    batchesSinceVacuum = 0
    walPages += 2 + 2 * asked
    // A file that does not give pages back (made by an older version) is not asked again and again.
    if size.pages >= pages { freePages = 0 } else { learned(size) }
  }
}

/// Pages of the log file.
struct LogFileSize {
  var pages: Int
  var freePages: Int
}

/// What copying the WAL has come to.
struct WALCopy {
  /// Pages in the WAL, and how many of them are in the file now.
  var pages: Int
  var copied: Int
  var isComplete: Bool { copied >= pages }
}
