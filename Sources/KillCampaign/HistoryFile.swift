// Appends a history to a file. Touches the file only.
import Foundation
package import HistoryChecker

/// What went wrong with the campaign itself: it says nothing about the cluster.
package enum CampaignError: Error, CustomStringConvertible {
  case file(path: String, doing: String, reason: String)
  case executable(path: String, reason: String)
  case option(String)
  case notReady(String)

  package var description: String {
    switch self {
    case .file(let path, let doing, let reason): "\(path) cannot be \(doing): \(reason)"
    case .executable(let path, let reason): "\(path) cannot be started: \(reason); build it first"
    case .option(let problem): problem
    case .notReady(let problem): "the cluster did not start: \(problem); see the nodes' logs"
    }
  }
}

/// A history file being written. Its holder says in which order. It buffers up to 64 KiB; the first failed write is kept
/// and told by `close`.
package struct HistoryFile: Sendable {
  private static let bufferLimit = 1 << 16

  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var written = 0
  private var problem: CampaignError?

  /// Makes the file, or empties it.
  package init(path: String) throws(CampaignError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .file(path: path, doing: "made", reason: Self.reason) }
    buffer.reserveCapacity(Self.bufferLimit + 512)
  }

  /// In bytes.
  package var length: Int { written + buffer.count }

  package mutating func append(_ record: HistoryRecord) {
    guard problem == nil else { return }
    buffer.append(contentsOf: record.line.utf8)
    buffer.append(UInt8(ascii: "\n"))
    if buffer.count >= Self.bufferLimit { flush() }
  }

  /// - Returns: what went wrong with any write; nil if all is in the file.
  package mutating func close() -> CampaignError? {
    flush()
    _ = Foundation.close(descriptor)
    return problem
  }

  private mutating func flush() {
    var rest = buffer[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        problem = .file(path: path, doing: "written", reason: Self.reason)
        return
      }
      rest = rest.dropFirst(count)
      written += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private static var reason: String { String(cString: strerror(errno)) }
}
