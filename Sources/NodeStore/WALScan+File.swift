// Runs the WAL scan over a file. Reads, never writes.
internal import Foundation

extension WALScan {
  /// Scans the WAL of a database file, before SQLite opens it. A missing WAL is clean.
  package static func scan(databaseFile: String) throws(StoreError) -> WALScan {
    let file = databaseFile + "-wal"
    let size = try DataDirectory.size(of: file)
    guard size > 0 else { return .clean }
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .io(file: file, detail: DataDirectory.words(errno))
    }
    defer { close(descriptor) }
    return try scan(size: size) { (offset, count) throws(StoreError) in
      var bytes = [UInt8](repeating: 0, count: count)
      var filled = 0
      while filled < count {
        let got = bytes.withUnsafeMutableBytes { raw in
          pread(descriptor, raw.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        }
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          throw .io(file: file, detail: got == 0 ? "it shrank while it was read" : DataDirectory.words(errno))
        }
        filled += got
      }
      return bytes
    }
  }
}
