// Decides when the TLS files are read again, and says what came of it. Touches the files' attributes.
internal import Foundation
package import Logging
package import PeerTransport
internal import Posix

/// What tells one content of a file from another without reading it. A file that is replaced has another inode.
package struct FileStamp: Hashable, Sendable {
  package var size: Int64
  package var inode: UInt64
  /// When it was written, in nanoseconds since 1970.
  package var written: Int64

  /// Nil for a file that is not there. What a symbolic link leads to is what counts.
  package init?(path: String) {
    guard let status = FileStatus(path: path) else { return nil }
    (size, inode, written) = (status.size, status.inode, status.written)
  }
}

/// Files that change are read; files that cannot be used are tried again at every look, and complained of once for each
/// reason.
package actor CertificateKeeper {
  private let paths: [String]
  private let logger: Logger
  private let reload: @Sendable () throws -> Void
  private let status: @Sendable () -> CertificateStatus
  private let now: @Sendable () -> Int64
  private var expiry = CertificateExpiry()
  /// The files as they were read last; nil before the first look, which reads them: they may have changed since the node read
  /// them at its start.
  private var seen: [FileStamp?]?
  private var complaint: String?

  /// - Parameters:
  ///   - paths: the files that `reload` reads.
  ///   - status: of what is in use.
  ///   - now: seconds since 1970.
  package init(
    paths: [String], logger: Logger, reload: @escaping @Sendable () throws -> Void,
    status: @escaping @Sendable () -> CertificateStatus, now: @escaping @Sendable () -> Int64
  ) {
    self.paths = paths
    self.logger = logger
    self.reload = reload
    self.status = status
    self.now = now
  }

  /// - Parameter isAsked: somebody wants the files read, and an answer in the log, whether or not they changed.
  package func look(isAsked: Bool = false) {
    // Before they are read: what changes while they are read shows at the next look.
    let stamps = paths.map(FileStamp.init(path:))
    if isAsked || complaint != nil || stamps != seen { read(isAsked) }
    seen = stamps
    for alarm in expiry.observe(status(), now: now()) {
      switch alarm.level {
      case .well: logger.notice("\(alarm.words)")
      case .info: logger.notice("\(alarm.words)")
      case .warning: logger.warning("\(alarm.words)")
      case .critical: logger.error("\(alarm.words)")
      case .expired: logger.critical("\(alarm.words)")
      }
    }
  }

  private func read(_ isAsked: Bool) {
    let before = status()
    do {
      try reload()
    } catch {
      let words = "\(error)"
      if isAsked || words != complaint {
        logger.error(
          "the TLS files changed and cannot be used; what was read before stays in use, and they are tried again",
          metadata: ["error": "\(words)"])
      }
      complaint = words
      return
    }
    complaint = nil
    let after = status()
    guard isAsked || after != before else { return }
    var metadata: Logger.Metadata = ["serial": "\(after.serial)"]
    for date in after.dates {
      metadata[date.file.rawValue] = "until \(Self.text(date.expires))"
    }
    if let number = after.listNumber {
      metadata["revoked"] = "\(after.revokedCount), by list number \(number)"
    }
    logger.notice("certificates reloaded: new connections use them", metadata: metadata)
  }

  private static func text(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
  }
}
