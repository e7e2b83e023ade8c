// The operating system's file system behind `StoreFiles`. Touches files, never SQLite.
internal import Foundation

/// POSIX calls and nothing else.
package struct RealFiles: StoreFiles {
  package init() {}

  package var bootID: String {
    // Linux; elsewhere every start counts as one of the machine.
    let bytes = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id")
    return bytes.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
      ?? ""
  }

  package func prepareDirectory(_ path: String) throws(StoreError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
    } catch {
      throw .io(
        file: path, detail: "it cannot be made a directory with mode 0700 (\(error.localizedDescription))")
    }
    try syncDirectory((path as NSString).deletingLastPathComponent)
  }

  package func syncDirectory(_ path: String) throws(StoreError) {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .io(file: path, detail: Self.words(errno))
    }
    defer { close(descriptor) }
    // Some file systems do not sync directories and say EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw .io(file: path, detail: Self.words(errno))
    }
  }

  package func size(of file: String) throws(StoreError) -> Int {
    var information = stat()
    guard stat(file, &information) == 0 else {
      if errno == ENOENT { return 0 }
      throw .io(file: file, detail: Self.words(errno))
    }
    return Int(information.st_size)
  }

  package func reading<Value>(
    _ file: String, _ work: (Read) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .io(file: file, detail: Self.words(errno))
    }
    defer { close(descriptor) }
    return try work { (offset, count) throws(StoreError) in
      var bytes = [UInt8](repeating: 0, count: count)
      var filled = 0
      while filled < count {
        let got = bytes.withUnsafeMutableBytes { raw in
          pread(descriptor, raw.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        }
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          throw .io(file: file, detail: got == 0 ? "it shrank while it was read" : Self.words(errno))
        }
        filled += got
      }
      return bytes
    }
  }

  package func contents(of file: String) throws(StoreError) -> [UInt8]? {
    var information = stat()
    guard stat(file, &information) == 0 else {
      if errno == ENOENT { return nil }
      throw .io(file: file, detail: Self.words(errno))
    }
    return try reading(file) { (read) throws(StoreError) in try read(0, Int(information.st_size)) }
  }

  package func write(_ bytes: [UInt8], to file: String) throws(StoreError) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .io(file: file, detail: Self.words(errno))
    }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw .io(file: file, detail: Self.words(errno))
      }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else {
      throw .io(file: file, detail: Self.words(errno))
    }
  }

  package func truncate(_ file: String, to size: Int) throws(StoreError) {
    let descriptor = open(file, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .io(file: file, detail: Self.words(errno))
    }
    defer { close(descriptor) }
    guard ftruncate(descriptor, off_t(size)) == 0, fsync(descriptor) == 0 else {
      throw .io(file: file, detail: Self.words(errno))
    }
  }

  package func copy(_ old: String, to new: String) throws(StoreError) {
    try checkRoom(for: try size(of: old), in: new)
    try remove(new)
    do {
      // What a link leads to, not the link: the copy is written to. And for its owner, whoever may read or write the original.
      let source = URL(fileURLWithPath: old).resolvingSymlinksInPath().path
      try FileManager.default.copyItem(atPath: source, toPath: new)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: new)
    } catch {
      throw .io(file: new, detail: "it cannot be copied from \(old) (\(error.localizedDescription))")
    }
  }

  package func checkRoom(for bytes: Int, in file: String) throws(StoreError) {
    let directory = (file as NSString).deletingLastPathComponent
    let attributes = try? FileManager.default.attributesOfFileSystem(
      forPath: directory.isEmpty ? "." : directory)
    guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue else { return }
    guard free >= bytes + Self.roomForOthers else { throw .diskFull(file: file) }
  }

  private static let roomForOthers = 64 << 20

  package func sync(_ file: String) throws(StoreError) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .io(file: file, detail: Self.words(errno))
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw .syncFailed(file: file, detail: Self.words(errno))
    }
  }

  package func rename(_ old: String, to new: String) throws(StoreError) {
    guard Foundation.rename(old, new) == 0 || errno == ENOENT else {
      throw .io(file: old, detail: Self.words(errno))
    }
  }

  package func remove(_ file: String) throws(StoreError) {
    guard unlink(file) == 0 || errno == ENOENT else {
      throw .io(file: file, detail: Self.words(errno))
    }
  }

  package func lock(_ file: String) throws(StoreError) -> any StoreLock {
    try DirectoryLock(file)
  }

  package func space(at directory: String) throws(StoreError) -> DiskSpace {
    var information = statvfs()
    guard statvfs(directory, &information) == 0 else {
      throw .io(file: directory, detail: Self.words(errno))
    }
    let block = UInt64(information.f_frsize)
    return DiskSpace(free: UInt64(information.f_bavail) * block, total: UInt64(information.f_blocks) * block)
  }

  package func databasePath(_ path: String) -> String { path }

  static func words(_ code: Int32) -> String {
    String(cString: strerror(code))
  }
}
