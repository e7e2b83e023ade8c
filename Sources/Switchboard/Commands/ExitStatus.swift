// The exit codes of the executable: one list, documented in the help of `switchboard node`. Pure, but for `print(error:)`.
internal import ArgumentParser
internal import Foundation

enum ExitStatus: Int32, Sendable {
  case ok = 0
  /// The request could not be carried out: for `ctl`, no node answered, or something is not well.
  case failed = 1
  case configuration = 2
  case dataDirectory = 3
  /// A port is taken, or the TLS files are not usable.
  case network = 4
  /// The disk failed while the node ran.
  case diskFailure = 5

  var exitCode: ExitCode { ExitCode(rawValue) }

  static let help = """
    Exit codes: 0 stopped as asked; 2 the configuration is wrong; 3 the data directory cannot be used; 4 a port is taken or \
    the TLS files are not usable; 5 the disk failed.
    """

  /// Says on stderr what is wrong, and gives the code to throw.
  func because(_ words: String) -> ExitCode {
    FileHandle.standardError.write(Data("switchboard: \(words)\n".utf8))
    return exitCode
  }
}
