// Reads a file line by line in a bounded buffer. Touches the file only.
import Foundation

/// The lines of a file's first bytes.
struct LineReader: ~Copyable {
  private static let chunk = 1 << 18

  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var position = 0
  private var left: Int

  /// - Parameter length: how much of the file is read, in bytes; lines end there.
  init(path: String, length: Int) throws(CampaignError) {
    self.path = path
    left = length
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .file(path: path, doing: "opened", reason: String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  /// The next line without its end; nil at the end.
  mutating func next() throws(CampaignError) -> ArraySlice<UInt8>? {
    while true {
      if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        return buffer[position..<end]
      }
      guard left > 0 else { return nil }
      try fill()
    }
  }

  private mutating func fill() throws(CampaignError) {
    buffer.removeFirst(position)
    position = 0
    let old = buffer.count
    let wanted = min(left, Self.chunk)
    buffer.append(contentsOf: repeatElement(0, count: wanted))
    let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + old }, wanted) }
    guard count > 0 else {
      throw .file(
        path: path, doing: "read", reason: count < 0 ? String(cString: strerror(errno)) : "it is too short")
    }
    buffer.removeLast(wanted - count)
    left -= count
  }
}
