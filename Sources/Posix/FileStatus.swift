// What the system says of a file: its C struct as a Swift value. Touches the file system.
//
// These structs have a target of their own, which imports nothing but the C library: where Foundation, Dispatch and the C library
// meet in one target, which of them a struct's members belong to depends on the order in which the compiler loads them, and
// `MemberImportVisibility` refuses what is not imported.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The attributes of a file.
package struct FileStatus: Sendable {
  /// Permissions: the lowest nine bits of the mode.
  package let permissions: UInt32
  package let isDirectory: Bool
  package let owner: UInt32
  package let group: UInt32
  package let size: Int64
  package let inode: UInt64
  /// When it was written, in nanoseconds since 1970.
  package let written: Int64

  /// What a symbolic link leads to is what counts; nil when it cannot be looked at, and `errno` says why.
  package init?(path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    permissions = UInt32(info.st_mode & 0o777)
    isDirectory = info.st_mode & S_IFMT == S_IFDIR
    owner = info.st_uid
    group = info.st_gid
    size = Int64(info.st_size)
    inode = UInt64(info.st_ino)
    #if canImport(Darwin)
      let time = info.st_mtimespec
    #else
      let time = info.st_mtim
    #endif
    written = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// Whether there is something of that name, be it a symbolic link that leads nowhere.
  package static func exists(_ path: String) -> Bool {
    var info = stat()
    return lstat(path, &info) == 0
  }
}
