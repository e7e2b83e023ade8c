// A small file in memory that outlives its process: what is written is in the page cache, and costs no system call.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file of fixed size, mapped shared. What a process has written is there after its crash or its SIGKILL; after a power
/// loss it may or may not be.
package final class MappedFile: Sendable {
  package let count: Int
  // Sendable: the address never changes, and the memory is mapped until `deinit`. What is in it is read and written by
  // `withBytes` only, whose callers take care that no two of them touch the same bytes at once.
  private nonisolated(unsafe) let base: UnsafeMutableRawPointer

  /// Opens or creates the file, makes it `count` bytes long, and maps it. Nil when that cannot be done; `errno` says why.
  package init?(path: String, count: Int) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // Room is taken now: a page that cannot be written back later would end the process with SIGBUS.
    guard ftruncate(descriptor, off_t(count)) == 0, Self.takeRoom(descriptor, count) else { return nil }
    let mapped = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else { return nil }
    base = mapped
    self.count = count
  }

  deinit { munmap(base, count) }

  private static func takeRoom(_ descriptor: Int32, _ count: Int) -> Bool {
    #if canImport(Darwin)
      return true
    #else
      return posix_fallocate(descriptor, 0, off_t(count)) == 0
    #endif
  }

  /// - Parameter range: within the file; what it names must not be in use by another thread.
  package func withBytes<Value>(
    _ range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) -> Value
  ) -> Value {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range outside of a mapped file")
    return body(UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count))
  }
}
