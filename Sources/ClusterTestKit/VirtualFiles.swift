// The store's own file operations on a virtual disk: `StoreFiles` for one life of it.
internal import NodeStore

/// Refuses everything once its disk has crashed.
struct VirtualFiles: StoreFiles {
  let system: VirtualFileSystem
  let disk: String
  let life: Int64

  func prepareDirectory(_ path: String) throws(StoreError) {
    try with(path) { (_, _) throws(StoreError) in }
  }

  func syncDirectory(_ path: String) throws(StoreError) {
    try with(path) { (state, _) throws(StoreError) in
      try check(state.syncNames(), path)
    }
  }

  func size(of file: String) throws(StoreError) -> Int {
    try with(file) { (state, name) throws(StoreError) in state.names[name]?.current.count ?? 0 }
  }

  func reading<Value>(_ file: String, _ work: (Read) throws(StoreError) -> Value) throws(StoreError) -> Value
  {
    try work { (offset, count) throws(StoreError) in
      try with(file) { (state, name) throws(StoreError) in
        guard let found = state.names[name], state.canRead() else {
          throw .io(file: file, detail: "it cannot be read")
        }
        let bytes = found.current.bytes(at: offset, count: count)
        guard bytes.count == count else {
          throw .io(file: file, detail: "it shrank while it was read")
        }
        return [UInt8](bytes)
      }
    }
  }

  func contents(of file: String) throws(StoreError) -> [UInt8]? {
    try with(file) { (state, name) throws(StoreError) in
      guard let found = state.names[name] else { return nil }
      guard state.canRead() else { throw .io(file: file, detail: "it cannot be read") }
      return [UInt8](found.current.bytes(at: 0, count: found.current.count))
    }
  }

  func write(_ bytes: [UInt8], to file: String) throws(StoreError) {
    try with(file) { (state, name) throws(StoreError) in
      guard let target = state.names[name] ?? state.create(name) else {
        throw .io(file: file, detail: "it cannot be created")
      }
      let failure =
        state.truncate(target, to: 0)
        ?? bytes.withUnsafeBytes { state.write($0, at: 0, to: target) }
        ?? state.sync(target, named: name)
      try check(failure, file)
    }
  }

  func truncate(_ file: String, to size: Int) throws(StoreError) {
    try with(file) { (state, name) throws(StoreError) in
      guard let found = state.names[name] else { throw .io(file: file, detail: "it is missing") }
      try check(state.truncate(found, to: size), file)
      try check(state.sync(found, named: name), file)
    }
  }

  func checkRoom(for bytes: Int, in file: String) throws(StoreError) {}

  func sync(_ file: String) throws(StoreError) {
    try with(file) { (state, name) throws(StoreError) in
      guard let found = state.names[name] else { throw .io(file: file, detail: "it is missing") }
      try check(state.sync(found, named: name), file)
    }
  }

  func copy(_ old: String, to new: String) throws(StoreError) {
    guard let bytes = try contents(of: old) else { throw .io(file: old, detail: "it is missing") }
    try write(bytes, to: new)
  }

  func rename(_ old: String, to new: String) throws(StoreError) {
    try with(old) { (state, name) throws(StoreError) in
      try check(state.rename(name, to: VirtualFileSystem.split(new)?.file ?? new), old)
    }
  }

  func remove(_ file: String) throws(StoreError) {
    try with(file) { (state, name) throws(StoreError) in try check(state.remove(name), file) }
  }

  func lock(_ file: String) throws(StoreError) -> any StoreLock {
    try with(file) { (state, name) throws(StoreError) in
      guard state.lockHolders[name] == nil else { throw .locked(file: file) }
      let lock = VirtualLock(files: self, file: file)
      state.lockHolders[name] = ObjectIdentifier(lock)
      return lock
    }
  }

  func space(at directory: String) throws(StoreError) -> DiskSpace {
    try with(directory) { (state, _) throws(StoreError) in
      DiskSpace(free: state.faults.room.map { UInt64(clamping: $0) } ?? .max, total: .max)
    }
  }

  var bootID: String { "boot \(system.locked { system.state(of: disk).boot })" }

  func databasePath(_ path: String) -> String {
    "file:\(path)?vfs=\(system.name)&life=\(life)"
  }

  fileprivate func release(_ file: String, _ lock: ObjectIdentifier) {
    try? with(file) { (state, name) throws(StoreError) in
      if state.lockHolders[name] == lock { state.lockHolders[name] = nil }
    }
  }

  private func check(_ failure: DiskState.Failure?, _ file: String) throws(StoreError) {
    switch failure {
    case nil: break
    case .full: throw .diskFull(file: file)
    case .io: throw .io(file: file, detail: "it cannot be written")
    }
  }

  /// Runs work with the disk and the file's name on it, under the lock.
  private func with<Value: Sendable>(
    _ path: String, _ work: (DiskState, _ name: String) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    let name = VirtualFileSystem.split(path)?.file ?? ""
    return try system.locked { () throws(StoreError) in
      let state = system.state(of: disk)
      guard state.life == life else {
        throw .io(file: path, detail: "the machine has lost its power since")
      }
      return try work(state, name)
    }
  }
}

/// The lock of a data directory.
private final class VirtualLock: StoreLock {
  private let files: VirtualFiles
  private let file: String

  init(files: VirtualFiles, file: String) {
    self.files = files
    self.file = file
  }

  deinit {
    files.release(file, ObjectIdentifier(self))
  }
}
