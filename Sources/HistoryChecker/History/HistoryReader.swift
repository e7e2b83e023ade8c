// Reads a history file in pieces of any size: lines, records, operations. Pure: the bytes come from the caller.

/// Reads JSON lines. Empty lines are skipped.
public struct HistoryReader {
  /// In bytes.
  public static let lineLimit = 1 << 20

  private var builder = HistoryBuilder()
  /// The start of a line whose end has not come.
  private var rest: [UInt8] = []
  private var line = 0

  public init() {}

  /// The next bytes of the file.
  public mutating func feed(_ bytes: ArraySlice<UInt8>) throws(HistoryError) {
    var start = bytes.startIndex
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      try limit(rest.count + end - start)
      if rest.isEmpty {
        try read(bytes[start..<end])
      } else {
        rest.append(contentsOf: bytes[start..<end])
        let whole = rest
        rest.removeAll(keepingCapacity: true)
        try read(whole[...])
      }
      start = end + 1
    }
    try limit(rest.count + bytes.endIndex - start)
    rest.append(contentsOf: bytes[start...])
  }

  /// The file has ended.
  public consuming func finish() throws(HistoryError) -> History {
    if !rest.isEmpty { try read(rest[...]) }
    return builder.finish()
  }

  /// A whole file's text.
  public static func read(_ text: String) throws(HistoryError) -> History {
    var reader = HistoryReader()
    try reader.feed(Array(text.utf8)[...])
    return try reader.finish()
  }

  private func limit(_ length: Int) throws(HistoryError) {
    guard length <= Self.lineLimit else {
      throw HistoryError(line: line + 1, problem: .tooLong(limit: Self.lineLimit))
    }
  }

  private mutating func read(_ bytes: ArraySlice<UInt8>) throws(HistoryError) {
    line += 1
    guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
    let record: HistoryRecord
    do throws(HistoryProblem) {
      record = try HistoryRecord(line: bytes)
    } catch {
      throw HistoryError(line: line, problem: error)
    }
    try builder.append(record, line: line)
  }
}
