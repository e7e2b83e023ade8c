// The exit codes of `switchboard check`. Pure, but for `exit()`.
internal import ArgumentParser
internal import Foundation
package import HistoryChecker

package enum CheckExit: Int32, Sendable {
  case ok = 0
  case violated = 1
  /// A limit was reached. Never a reason to believe that all is well.
  case unknown = 2
  /// The file is no history: as `EX_DATAERR`.
  case malformed = 65
  /// The file cannot be read: as `EX_NOINPUT`.
  case unreadable = 66
  /// All is well, but the picture cannot be written: as `EX_CANTCREAT`.
  case unwritable = 73

  package init(_ verdict: Verdict) {
    switch verdict {
    case .ok: self = .ok
    case .violated: self = .violated
    case .unknown: self = .unknown
    }
  }

  static let help = """
    Exit codes: 0 ok; 1 violated; 2 unknown: a limit was reached; 64 wrong arguments; 65 the file is no history; 66 it cannot \
    be read; 73 it is ok, and the picture cannot be written.
    """
}

/// A check that has no answer.
package struct CheckFailure: Error, Equatable, CustomStringConvertible {
  package var status: CheckExit
  package var description: String

  /// Says it on stderr, and gives the code to throw.
  func exit() -> ExitCode {
    Self.say(description)
    return ExitCode(status.rawValue)
  }

  static func say(_ words: String) {
    FileHandle.standardError.write(Data("switchboard: \(words)\n".utf8))
  }
}
