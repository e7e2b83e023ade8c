// Writes files that nobody may see half-written: new ones, which are never overwritten, and replaced ones. Reads them back.

internal import Posix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

// Outside the enum, where the C functions are not hidden by its methods of the same names.
private func readSome(_ descriptor: Int32, _ chunk: inout [UInt8]) -> Int {
  chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
}

private func writeSome(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Int {
  bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}

/// Creates files atomically: the content goes to a temporary file beside the target, is flushed to the
/// disk, and is then linked under its name, which fails when that name is taken (link(2) never replaces).
enum NewFile {
  /// More than any file of an authority should hold.
  static let byteLimit = 16 << 20

  static func exists(_ path: String) -> Bool {
    FileStatus.exists(path)
  }

  static func refuseExisting(_ paths: [String]) throws(CertificateAuthorityError) {
    for path in paths where exists(path) { throw .fileExists(path: path) }
  }

  static func remove(_ path: String) { _ = unlink(path) }

  static func write(_ text: String, to path: String, mode: mode_t) throws(CertificateAuthorityError) {
    let temporary = "\(path).\(getpid()).new"
    let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("create", temporary) }
    defer { _ = unlink(temporary) }
    try fill(descriptor, with: text, mode: mode, path: temporary)
    guard link(temporary, path) == 0 else {
      if errno == EEXIST { throw .fileExists(path: path) }
      throw failure("create", path)
    }
    try flushDirectory(of: path)
  }

  /// Replaces files, or makes them. All contents are on the disk before the first name changes; then each file appears
  /// complete, in the order given. Only a crash between two of the names can leave some old and some new.
  ///
  /// A file that was there keeps its owner, its group and its mode, as far as the mode given allows.
  static func replace(
    _ files: [(path: String, text: String, mode: mode_t)]
  ) throws(CertificateAuthorityError) {
    var written: [String] = []
    defer { for path in written { _ = unlink(path) } }
    for file in files {
      let temporary = "\(file.path).\(getpid()).new"
      let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard descriptor >= 0 else { throw failure("create", temporary) }
      written.append(temporary)
      let mode = try takeOver(from: file.path, descriptor, mode: file.mode)
      try fill(descriptor, with: file.text, mode: mode, path: temporary)
    }
    for (temporary, file) in zip(written, files) {
      guard rename(temporary, file.path) == 0 else { throw failure("replace", file.path) }
    }
    for file in files { try flushDirectory(of: file.path) }
  }

  /// Gives a new file the owner of the one that it replaces, so that the node can still read it when somebody else renews
  /// its certificate.
  /// - Returns: the mode for the new file.
  private static func takeOver(
    from path: String, _ descriptor: Int32, mode: mode_t
  ) throws(CertificateAuthorityError) -> mode_t {
    guard let old = FileStatus(path: path) else { return mode }
    if old.owner != geteuid() || old.group != getegid() {
      guard fchown(descriptor, old.owner, old.group) == 0 else {
        let error = failure("keep the owner of", path)
        _ = close(descriptor)
        throw error
      }
    }
    // Of root's keys the group may read: that is how orchestrators hand them to a process.
    let isMounted = old.owner == 0 && old.permissions & 0o037 == 0
    let allowed: mode_t = isMounted && mode == 0o600 ? 0o640 : mode
    return mode_t(old.permissions) & allowed | 0o400
  }

  /// Reads a small text file.
  static func read(_ path: String, advice: String) throws(CertificateAuthorityError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw .fileMissing(path: path, advice: advice) }
      throw failure("read", path)
    }
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = readSome(descriptor, &chunk)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("read", path)
      }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= byteLimit else {
        throw .invalidFile(path: path, detail: "it is larger than any such file")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .invalidFile(path: path, detail: "it is not text")
    }
    return text
  }

  /// Refuses a key file that anybody but its owner can read.
  static func requirePrivate(_ path: String) throws(CertificateAuthorityError) {
    guard let status = FileStatus(path: path) else {
      if errno == ENOENT { throw .fileMissing(path: path, advice: "it belongs beside ca.pem") }
      throw failure("examine", path)
    }
    let mode = status.permissions
    guard mode & 0o077 == 0 else {
      throw .unsafePermissions(
        path: path, mode: mode, advice: "chmod 600 \(path), and replace the key if others had access")
    }
  }

  private static func fill(
    _ descriptor: Int32, with text: String, mode: mode_t, path: String
  ) throws(CertificateAuthorityError) {
    defer { _ = close(descriptor) }
    // The creation mode is cut by the umask; this is not.
    guard fchmod(descriptor, mode) == 0 else { throw failure("set the mode of", path) }
    try writeAll(Array(text.utf8), to: descriptor, path: path)
    guard fsync(descriptor) == 0 else { throw failure("flush", path) }
  }

  private static func writeAll(
    _ bytes: [UInt8], to descriptor: Int32, path: String
  ) throws(CertificateAuthorityError) {
    var offset = 0
    while offset < bytes.count {
      let count = writeSome(descriptor, bytes[offset...])
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("write", path)
      }
      offset += count
    }
  }

  private static func flushDirectory(of path: String) throws(CertificateAuthorityError) {
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", directory) }
    defer { _ = close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("flush", directory) }
  }

  static func failure(_ operation: String, _ path: String) -> CertificateAuthorityError {
    .fileFailed(path: path, operation: operation, reason: String(cString: strerror(errno)))
  }
}
