// The disk of one simulated node: its names, its faults, and its lives. Guarded by the system's lock.

/// What is wrong with a disk at the moment.
struct DiskFaults {
  /// How many syncs fail, and of which file; nil is any.
  var failingSyncs = 0
  var failingSyncFile: String?
  var failsWrites = false
  var failsReads = false
  /// How many more changes take effect before everything fails; nil is no limit.
  var changesLeft: Int?
  /// How many more bytes files may grow by; nil is no limit.
  var room: Int?
  var syncNanoseconds: UInt64 = 0
  var writeNanoseconds: UInt64 = 0
  var readNanoseconds: UInt64 = 0
}

/// Creations, renames and removals reach the disk in their order, as with a journaling file system: when the directory is
/// synced, or when a new journal or WAL is, for SQLite then syncs its directory too.
final class DiskState {
  private struct NameChange {
    var names: [(String, VirtualFile?)]
  }

  /// Counts the crashes: handles of an earlier life do nothing.
  private(set) var life: Int64 = 1
  /// Counts the starts of the machine.
  private(set) var boot: Int64 = 1
  private(set) var names: [String: VirtualFile] = [:]
  private var durableNames: [String: VirtualFile] = [:]
  private var unsyncedChanges: [NameChange] = []
  var faults = DiskFaults()
  var latency: UInt64 = 0
  var lockHolders: [String: ObjectIdentifier] = [:]

  var fileNames: [String] { names.keys.sorted() }

  func create(_ name: String) -> VirtualFile? {
    guard mayChange() else { return nil }
    let file = VirtualFile()
    change([(name, file)])
    return file
  }

  /// Nothing happens when the file is missing, here and in `rename`.
  func remove(_ name: String) -> Failure? {
    guard let file = names[name] else { return nil }
    guard mayChange() else { return .io }
    free(file.current.count)
    change([(name, nil)])
    return nil
  }

  func rename(_ old: String, to new: String) -> Failure? {
    guard let file = names[old] else { return nil }
    guard mayChange() else { return .io }
    change([(old, nil), (new, file)])
    return nil
  }

  private func change(_ changes: [(String, VirtualFile?)]) {
    for (name, file) in changes { names[name] = file }
    unsyncedChanges.append(NameChange(names: changes))
  }

  func syncNames() -> Failure? {
    latency += faults.syncNanoseconds
    guard mayChange() else { return .io }
    applyNames(unsyncedChanges.count)
    return nil
  }

  private func applyNames(_ count: Int) {
    for change in unsyncedChanges.prefix(count) {
      for (name, file) in change.names { durableNames[name] = file }
    }
    unsyncedChanges.removeAll()
  }

  // MARK: - Content, with the faults of the moment

  enum Failure {
    case io
    case full
  }

  func write(_ source: UnsafeRawBufferPointer, at offset: Int, to file: VirtualFile) -> Failure? {
    latency += faults.writeNanoseconds
    guard mayChange() else { return .io }
    let growth = offset + source.count - file.current.count
    if growth > 0, let room = faults.room {
      guard growth <= room else { return .full }
      faults.room = room - growth
    }
    file.write(source, at: offset)
    return nil
  }

  func truncate(_ file: VirtualFile, to size: Int) -> Failure? {
    guard mayChange() else { return .io }
    free(file.current.count - size)
    file.truncate(to: size)
    return nil
  }

  func sync(_ file: VirtualFile, named name: String) -> Failure? {
    latency += faults.syncNanoseconds
    guard faults.changesLeft != 0 else { return .io }
    faults.changesLeft = faults.changesLeft.map { $0 - 1 }
    if faults.failingSyncs > 0, faults.failingSyncFile.map({ $0 == name }) ?? true {
      faults.failingSyncs -= 1
      file.forgetUnsynced()
      return .io
    }
    file.sync()
    return nil
  }

  func canRead() -> Bool {
    latency += faults.readNanoseconds
    return !faults.failsReads
  }

  /// Counts one change, if it may be made.
  private func mayChange() -> Bool {
    guard !faults.failsWrites, faults.changesLeft != 0 else { return false }
    faults.changesLeft = faults.changesLeft.map { $0 - 1 }
    return true
  }

  private func free(_ bytes: Int) {
    if bytes > 0, let room = faults.room { faults.room = room + bytes }
  }

  // MARK: - Crashes and what people do to a disk

  /// The page cache outlives the process: all that was written stays to be seen, and what was not synced can still be lost.
  func processDied() {
    life += 1
    for file in names.values { file.forgetLocks() }
    lockHolders = [:]
    faults.changesLeft = nil
  }

  /// - Parameter keptChanges: how many of so many unsynced changes of names survive; the first ones do.
  func crash(keptChanges: (Int) -> Int, _ survival: (UnsyncedWrite) -> Survival) {
    life += 1
    boot += 1
    let changes = unsyncedChanges.count
    applyNames(changes == 0 ? 0 : min(max(keptChanges(changes), 0), changes))
    var survivors: [String: VirtualFile] = [:]
    for name in durableNames.keys.sorted() {
      survivors[name] = durableNames[name]?.crashed(named: name, survival)
    }
    start(with: survivors)
  }

  func image() -> [String: [UInt8]] {
    names.mapValues { Array($0.current.bytes(at: 0, count: $0.current.count)) }
  }

  /// Another content, in a new life.
  func replace(with files: [String: [UInt8]]) {
    life += 1
    boot += 1
    start(with: files.mapValues { VirtualFile(synced: $0) })
  }

  private func start(with files: [String: VirtualFile]) {
    names = files
    durableNames = files
    unsyncedChanges = []
    lockHolders = [:]
    faults.changesLeft = nil
  }
}
