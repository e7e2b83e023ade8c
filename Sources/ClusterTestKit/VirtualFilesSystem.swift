// A file system in memory that SQLite uses through a VFS of its own. One lock guards all of it; no clock, no randomness.
internal import Foundation
internal import GRDBSQLite

/// Disks for simulated nodes: real SQLite, unchanged, on files that model what a crash and a bad disk do.
///
/// What a program writes is visible at once and durable after a sync; `VirtualDisk.crash` decides what becomes of the rest.
/// The same calls give the same files, with one exception: SQLite draws the salts of a WAL from a generator of its own, so
/// bytes of WALs differ from run to run, but no length, offset or outcome depends on them.
///
/// The memory of WAL indexes, which SQLite touches without the lock, is under SQLite's own protocol as between processes.
// Unchecked, as the compiler does not see the lock: what changes is private and touched in `locked` only, the pointers never change.
package final class VirtualFileSystem: @unchecked Sendable {
  /// The VFS's name, one of its own for each value of this class.
  package let name: String
  private let lock = NSLock()
  private var disks: [String: DiskState] = [:]
  private var random: SplitMix64
  /// Milliseconds since 1970.
  private var time: Int64 = 1_800_000_000_000
  private let vfs: UnsafeMutablePointer<sqlite3_vfs>
  let methods: UnsafeMutablePointer<sqlite3_io_methods>
  private let cName: UnsafeMutablePointer<CChar>

  /// - Parameter seed: of the randomness that SQLite asks the VFS for.
  package init(seed: UInt64) {
    vfs = .allocate(capacity: 1)
    // Unique among those that are alive, without a counter that all would share.
    name = "virtual-\(UInt(bitPattern: vfs))"
    random = SplitMix64(seed: seed)
    let characters = name.utf8CString
    cName = .allocate(capacity: characters.count)
    for (index, character) in characters.enumerated() { cName[index] = character }
    methods = .allocate(capacity: 1)
    methods.initialize(to: VirtualHandle.methods())
    vfs.initialize(to: Self.callbacks())
    vfs.pointee.zName = UnsafePointer(cName)
    vfs.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
    sqlite3_vfs_register(vfs, 0)
  }

  /// Open connections hold this object, so none is left when it goes.
  deinit {
    sqlite3_vfs_unregister(vfs)
    vfs.deallocate()
    methods.deallocate()
    cName.deallocate()
  }

  /// The disk of that name: made when it is first asked for, empty.
  /// - Parameter name: without slashes.
  package func disk(_ name: String) -> VirtualDisk {
    VirtualDisk(system: self, name: name)
  }

  /// What SQLite takes for the time.
  package func setTime(millisecondsSince1970: Int64) {
    locked { time = millisecondsSince1970 }
  }

  @inline(__always)
  func locked<Value, Failure: Error>(_ work: () throws(Failure) -> Value) throws(Failure) -> Value {
    lock.lock()
    defer { lock.unlock() }
    return try work()
  }

  /// Under the lock.
  func state(of disk: String) -> DiskState {
    if let state = disks[disk] { return state }
    let state = DiskState()
    disks[disk] = state
    return state
  }

  func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    locked {
      for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: random.next() >> 32) }
    }
  }

  /// Milliseconds of the Julian day, SQLite's time.
  func julianTime() -> Int64 {
    locked { time + 210_866_760_000_000 }
  }

  /// `/disk/file` in two; nil when it is no such path.
  static func split(_ path: String) -> (disk: String, file: String)? {
    guard path.first == "/" else { return nil }
    let rest = path.dropFirst()
    guard let slash = rest.firstIndex(of: "/") else { return nil }
    return (String(rest[..<slash]), String(rest[rest.index(after: slash)...]))
  }
}
