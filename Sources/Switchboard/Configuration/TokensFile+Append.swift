// Adds a caller to a tokens file. Touches the disk.
internal import Foundation

/// Why a tokens file was not changed. A person has to act first, so none is worth an automatic retry.
enum TokensFileFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case exposed(path: String)
  case invalid(InvalidConfiguration)
  case nameTaken(String, path: String)
  case failed(path: String, reason: String)

  var description: String {
    switch self {
    case .exposed(let path): "\(path) lets others read or change it: chmod 600 \(path)"
    case .invalid(let problems): "nothing was added, because \(problems)"
    case .nameTaken(let name, let path):
      "\(path) has a caller \"\(name)\" already: remove its line, or use another name"
    case .failed(let path, let reason): "cannot write \(path): \(reason)"
    }
  }
}

extension TokensFile {
  /// Appends the line. The file is replaced as a whole, so that a reader never sees half a line; a missing one is
  /// made, with mode 0600. One person at a time: the last of two that do so at once wins.
  static func append(_ line: APITokenEntry, to path: String) throws(TokensFileFailure) {
    var text = "# The callers of the API: the digests of their tokens, made by switchboard pki token.\n"
    switch FileView.system.look(path) {
    case .directory: throw .failed(path: path, reason: "it is a directory")
    case .missing: break
    case .file where FileView.system.look(path).isExposed: throw .exposed(path: path)
    case .file:
      text = try existingText(line, path)
    }
    let temporary = "\(path).\(getpid()).new"
    let descriptor = open(temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .failed(path: path, reason: String(cString: strerror(errno))) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data((text + line.text + "\n").utf8))
      try file.synchronize()
      try file.close()
    } catch {
      unlink(temporary)
      throw .failed(path: path, reason: error.localizedDescription)
    }
    guard rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      throw .failed(path: path, reason: reason)
    }
  }

  /// What is in the file, which must be in order and must not have the caller yet.
  private static func existingText(_ line: APITokenEntry, _ path: String) throws(TokensFileFailure) -> String
  {
    let text: String
    switch FileView.system.read(path) {
    case .failure(let failure): throw .failed(path: path, reason: failure.reason)
    case .success(let found): text = found
    }
    let ended = text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
    let holdsNothing = text.split(whereSeparator: \.isNewline).allSatisfy {
      $0.allSatisfy(\.isWhitespace) || $0.hasPrefix("#")
    }
    if holdsNothing { return ended }
    let file = TokensFile(text: text, path: path)
    guard file.problems.isEmpty else { throw .invalid(InvalidConfiguration(file.problems)) }
    if file.lines.contains(where: { $0.name == line.name }) { throw .nameTaken(line.name, path: path) }
    return ended
  }
}
