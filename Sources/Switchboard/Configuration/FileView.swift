// What the configuration asks about files: a parameter, so that validation itself touches no disk. `FileView.system` does.
internal import Foundation

/// What is at a path.
package enum FileLook: Equatable, Sendable {
  case missing
  case directory
  /// - Parameters:
  ///   - mode: the permission bits.
  ///   - isMounted: it belongs to root, and this process is somebody else's: the way orchestrators mount secrets.
  case file(mode: UInt32, isMounted: Bool)

  /// Whether somebody else than its owner may read or change it. The group may read a mounted secret.
  var isExposed: Bool {
    guard case .file(let mode, let isMounted) = self else { return false }
    return mode & (isMounted ? 0o037 : 0o077) != 0
  }
}

/// Reading files, injectable.
package struct FileView: Sendable {
  package var look: @Sendable (String) -> FileLook
  /// The text of a file, or words why there is none.
  package var read: @Sendable (String) -> Result<String, FileFailure>

  package init(
    look: @escaping @Sendable (String) -> FileLook,
    read: @escaping @Sendable (String) -> Result<String, FileFailure>
  ) {
    self.look = look
    self.read = read
  }

  /// Configuration and tokens files are small; more is a mistake.
  package static let byteLimit = 1 << 20

  package static let system = FileView(look: lookAtDisk, read: readFromDisk)
}

package struct FileFailure: Error, Equatable, Sendable {
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// What a symbolic link leads to is what counts: orchestrators mount secrets through such.
@Sendable private func lookAtDisk(_ path: String) -> FileLook {
  let target = URL(filePath: path).resolvingSymlinksInPath().path
  guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else { return .missing }
  if attributes[.type] as? FileAttributeType == .typeDirectory { return .directory }
  let mode = (attributes[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o777
  let owner = (attributes[.ownerAccountID] as? NSNumber)?.uint32Value
  return .file(mode: mode & 0o777, isMounted: owner == 0 && getuid() != 0)
}

@Sendable private func readFromDisk(_ path: String) -> Result<String, FileFailure> {
  guard let file = FileHandle(forReadingAtPath: path) else {
    return .failure(FileFailure(String(cString: strerror(errno))))
  }
  defer { try? file.close() }
  do {
    let data = try file.read(upToCount: FileView.byteLimit + 1) ?? Data()
    guard data.count <= FileView.byteLimit else {
      return .failure(FileFailure("it is longer than \(FileView.byteLimit) bytes"))
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      return .failure(FileFailure("it is not UTF-8 text"))
    }
    return .success(text)
  } catch {
    return .failure(FileFailure(error.localizedDescription))
  }
}
