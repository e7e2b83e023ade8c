// One process at a time for a data directory: an flock on a file in it.
internal import Foundation

/// Held until it is deinitialized or the process ends, however it ends. Child processes do not inherit it.
final class DirectoryLock: StoreLock {
  private let descriptor: Int32

  init(_ file: String) throws(StoreError) {
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .io(file: file, detail: RealFiles.words(errno))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      throw code == EWOULDBLOCK ? .locked(file: file) : .io(file: file, detail: RealFiles.words(code))
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }
}
