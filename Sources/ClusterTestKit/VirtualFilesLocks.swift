// SQLite's locks on a virtual file, and the shared memory of its WAL index. Guarded by the system's lock.
internal import GRDBSQLite

/// The locks of https://www.sqlite.org/lockingv3.html, among the connections of this process.
struct FileLocks {
  private var shared = 0
  private var reserved: ObjectIdentifier?
  private var pending: ObjectIdentifier?
  private var exclusive: ObjectIdentifier?

  var isReserved: Bool { reserved != nil || pending != nil }

  mutating func lock(_ handle: VirtualHandle, to level: Int32) -> Int32 {
    let id = ObjectIdentifier(handle)
    func isOthers(_ holder: ObjectIdentifier?) -> Bool { holder.map { $0 != id } ?? false }
    if handle.lockLevel >= level { return SQLITE_OK }
    if handle.lockLevel < SQLITE_LOCK_SHARED {
      if isOthers(pending) || isOthers(exclusive) { return SQLITE_BUSY }
      shared += 1
      handle.lockLevel = SQLITE_LOCK_SHARED
    }
    if level >= SQLITE_LOCK_RESERVED {
      if isOthers(reserved) || isOthers(pending) { return SQLITE_BUSY }
      reserved = id
      handle.lockLevel = max(handle.lockLevel, SQLITE_LOCK_RESERVED)
    }
    if level >= SQLITE_LOCK_EXCLUSIVE {
      pending = id
      handle.lockLevel = max(handle.lockLevel, SQLITE_LOCK_PENDING)
      if shared > 1 { return SQLITE_BUSY }
      exclusive = id
      handle.lockLevel = SQLITE_LOCK_EXCLUSIVE
    }
    return SQLITE_OK
  }

  mutating func unlock(_ handle: VirtualHandle, to level: Int32) {
    let id = ObjectIdentifier(handle)
    guard handle.lockLevel > level else { return }
    if reserved == id { reserved = nil }
    if pending == id { pending = nil }
    if exclusive == id { exclusive = nil }
    if level == SQLITE_LOCK_NONE, handle.lockLevel >= SQLITE_LOCK_SHARED { shared -= 1 }
    handle.lockLevel = level
  }
}

/// The WAL index that the connections to one file share, and its eight locks. Connections hold it beyond a crash.
final class SharedMemory {
  private var regions: [UnsafeMutableRawPointer] = []
  /// How many share each lock; -1 when one has it alone.
  private var holders = [Int](repeating: 0, count: Int(SQLITE_SHM_NLOCK))
  var connections = 0

  deinit {
    for region in regions { region.deallocate() }
  }

  func region(_ index: Int, size: Int, extend: Bool) -> UnsafeMutableRawPointer? {
    while regions.count <= index {
      guard extend else { return nil }
      let region = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      region.initializeMemory(as: UInt8.self, repeating: 0, count: size)
      regions.append(region)
    }
    return regions[index]
  }

  func lock(_ handle: VirtualHandle, first: Int, count: Int, flags: Int32) -> Int32 {
    let range = first..<min(first + count, holders.count)
    if flags & SQLITE_SHM_UNLOCK != 0 {
      for slot in range { release(slot, handle) }
      return SQLITE_OK
    }
    let alone = flags & SQLITE_SHM_EXCLUSIVE != 0
    for slot in range where !handle.holdsAlone(slot) {
      let others = holders[slot] - (handle.shares(slot) ? 1 : 0)
      if holders[slot] < 0 || (alone && others > 0) { return SQLITE_BUSY }
    }
    for slot in range where !handle.holdsAlone(slot) {
      if alone {
        holders[slot] = -1
        handle.sharedSlots &= ~(1 << slot)
        handle.exclusiveSlots |= 1 << slot
      } else if !handle.shares(slot) {
        holders[slot] += 1
        handle.sharedSlots |= 1 << slot
      }
    }
    return SQLITE_OK
  }

  func releaseAll(_ handle: VirtualHandle) {
    for slot in holders.indices { release(slot, handle) }
  }

  private func release(_ slot: Int, _ handle: VirtualHandle) {
    if handle.holdsAlone(slot) {
      holders[slot] = 0
    } else if handle.shares(slot) {
      holders[slot] -= 1
    }
    handle.sharedSlots &= ~(1 << slot)
    handle.exclusiveSlots &= ~(1 << slot)
  }
}
