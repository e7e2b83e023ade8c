// Writes files that nobody may overwrite or see half-written, and reads them back. The only file here that
// does I/O.

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
  static func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0
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
      guard bytes.count <= 1 << 20 else {
        throw .invalidFile(path: path, detail: "it is larger than any PEM file")
      }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .invalidFile(path: path, detail: "it is not text")
    }
    return text
  }

  /// Refuses a key file that anybody but its owner can read.
  static func requirePrivate(_ path: String) throws(CertificateAuthorityError) {
    var info = stat()
    guard stat(path, &info) == 0 else {
      if errno == ENOENT { throw .fileMissing(path: path, advice: "it belongs beside ca.pem") }
      throw failure("examine", path)
    }
    let mode = UInt32(info.st_mode & 0o777)
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
