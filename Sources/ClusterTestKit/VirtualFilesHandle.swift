// One open file of one connection, and where SQLite keeps it. Guarded by the system's lock.
internal import GRDBSQLite

/// What one connection has open. After a crash of its disk it does nothing any more: it is of an earlier life.
final class VirtualHandle {
  let system: VirtualFileSystem
  let disk: DiskState
  let file: VirtualFile
  let name: String
  let removesOnClose: Bool
  /// Whether the next sync also syncs the directory.
  var syncsNames: Bool
  private let life: Int64
  var lockLevel: Int32 = SQLITE_LOCK_NONE
  private var sharedMemory: SharedMemory?
  /// Bit sets of the WAL index's locks.
  var sharedSlots = 0
  var exclusiveSlots = 0

  init(
    system: VirtualFileSystem, disk: DiskState, file: VirtualFile, name: String, removesOnClose: Bool,
    syncsNames: Bool
  ) {
    self.system = system
    self.disk = disk
    self.file = file
    self.name = name
    self.removesOnClose = removesOnClose
    self.syncsNames = syncsNames
    life = disk.life
  }

  var isAlive: Bool { life == disk.life }

  func shares(_ slot: Int) -> Bool { sharedSlots & (1 << slot) != 0 }
  func holdsAlone(_ slot: Int) -> Bool { exclusiveSlots & (1 << slot) != 0 }

  // MARK: - The structure that SQLite allocates: its own part, and behind it a retained handle

  static let structureSize =
    MemoryLayout<sqlite3_file>.stride + MemoryLayout<UnsafeMutableRawPointer>.stride

  static func store(_ handle: VirtualHandle, in file: UnsafeMutablePointer<sqlite3_file>) {
    UnsafeMutableRawPointer(file).storeBytes(
      of: Unmanaged.passRetained(handle).toOpaque(), toByteOffset: MemoryLayout<sqlite3_file>.stride,
      as: UnsafeMutableRawPointer.self)
    file.pointee.pMethods = UnsafePointer(handle.system.methods)
  }

  // MARK: - Under the lock

  func read(_ buffer: UnsafeMutableRawPointer?, _ count: Int, at offset: Int) -> Int32 {
    guard disk.canRead(), let buffer else { return SQLITE_IOERR_READ }
    let found = file.current.bytes(at: offset, count: count)
    if let base = found.baseAddress {
      buffer.copyMemory(from: base, byteCount: found.count)
    }
    if found.count == count { return SQLITE_OK }
    (buffer + found.count).initializeMemory(as: UInt8.self, repeating: 0, count: count - found.count)
    return SQLITE_IOERR_SHORT_READ
  }

  func mapped() -> SharedMemory {
    if let sharedMemory { return sharedMemory }
    let memory = file.sharedMemory ?? SharedMemory()
    file.sharedMemory = memory
    memory.connections += 1
    sharedMemory = memory
    return memory
  }

  /// The last connection's leaving ends the WAL index, as the first one's coming would rebuild it.
  func unmap() {
    guard let memory = sharedMemory else { return }
    memory.releaseAll(self)
    memory.connections -= 1
    if memory.connections == 0, file.sharedMemory === memory { file.sharedMemory = nil }
    sharedMemory = nil
  }

  func close() {
    unmap()
    // The locks of an earlier life are gone already.
    guard isAlive else { return }
    file.locks.unlock(self, to: SQLITE_LOCK_NONE)
    if removesOnClose { _ = disk.remove(name) }
  }
}
