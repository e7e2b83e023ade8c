// How much room the disk of a data directory has, and what the store takes of it: values.

/// Room on the file system of a data directory, in bytes.
public struct DiskSpace: Equatable, Sendable {
  /// What this process may still use.
  public var free: UInt64
  /// The whole file system.
  public var total: UInt64

  public init(free: UInt64, total: UInt64) {
    self.free = free
    self.total = total
  }
}

/// What the store takes on the disk, in bytes.
public struct StoreSizes: Equatable, Sendable {
  public var log: UInt64 = 0
  public var logWAL: UInt64 = 0
  public var state: UInt64 = 0
  public var stateWAL: UInt64 = 0

  public init() {}
}

extension DataDirectory {
  /// Sizes of the files as they are now; nil where one cannot be looked at.
  func sizes() -> StoreSizes? {
    func size(_ file: String) throws(StoreError) -> UInt64 { UInt64(clamping: try files.size(of: file)) }
    var sizes = StoreSizes()
    do throws(StoreError) {
      sizes.log = try size(logFile)
      sizes.logWAL = try size(logFile + "-wal")
      sizes.state = try size(stateFile)
      sizes.stateWAL = try size(stateFile + "-wal")
    } catch {
      return nil
    }
    return sizes
  }
}
