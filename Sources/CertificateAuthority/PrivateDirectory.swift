// The directory that certificates and keys live in. Touches the file system.

internal import Posix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

enum PrivateDirectory {
  /// Makes the directory with mode 0700 when it is missing, its parents too. One that exists keeps its
  /// mode, but is refused when others could replace files in it.
  static func prepare(_ path: String) throws(CertificateAuthorityError) {
    var found = FileStatus(path: path)
    if found == nil {
      guard errno == ENOENT else { throw NewFile.failure("examine", path) }
      if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
        let parent = String(path[..<slash])
        if !parent.isEmpty, FileStatus(path: parent) == nil { try prepare(parent) }
      }
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw NewFile.failure("create", path) }
      found = FileStatus(path: path)
    }
    guard let found else { throw NewFile.failure("examine", path) }
    guard found.isDirectory else {
      throw .invalidFile(path: path, detail: "it is not a directory")
    }
    let mode = found.permissions
    guard mode & 0o022 == 0 else {
      throw .unsafePermissions(path: path, mode: mode, advice: "chmod 700 \(path)")
    }
  }
}
