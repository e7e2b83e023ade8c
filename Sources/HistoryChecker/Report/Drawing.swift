// The lanes of a history as SVG. Pure.

/// Lays out the operations of a part. Events are columns of the same width, so that short operations can be read; their
/// times are written below.
struct Drawing {
  private let part: HistoryPart
  private let processes: [Int64]
  /// The positions of all events in the part, in order.
  private let positions: [Int]
  private let columns: [Int: Int]
  private let columnWidth: Int

  private static let laneHeight = 46
  private static let boxHeight = 28
  private static let left = 96
  private static let top = 16
  /// Of a monospaced character of the labels.
  private static let letterWidth = 7.3
  private static let longestLabel = 34

  init(_ part: HistoryPart) {
    self.part = part
    processes = Set(part.operations.map(\.process)).sorted()
    let positions = Set(
      part.operations.flatMap { [$0.invoked.position] + ($0.completed.map { [$0.position] } ?? []) }
    )
    .sorted()
    self.positions = positions
    columns = Dictionary(uniqueKeysWithValues: zip(positions, positions.indices))
    // Wide enough for each label within its operation's columns.
    var width = 30
    for operation in part.operations {
      let end = operation.completed.flatMap { [columns] in columns[$0.position] } ?? positions.count
      let span = max(1, end - (columns[operation.invoked.position] ?? 0))
      let needed = Int(Double(Self.label(operation).count) * Self.letterWidth) + 22
      width = max(width, (needed + span - 1) / span)
    }
    columnWidth = min(width, 280)
  }

  private var right: Int { Self.left + positions.count * columnWidth + 20 }
  private var bottom: Int { Self.top + processes.count * Self.laneHeight }

  private func x(_ position: Int) -> Int { Self.left + (columns[position] ?? 0) * columnWidth }

  private static func label(_ operation: Operation) -> String {
    let words = operation.words
    return words.count > longestLabel ? words.prefix(longestLabel - 1) + "…" : words
  }

  var svg: String {
    var svg =
      "<svg role=\"img\" aria-label=\"operations by process\" width=\"\(right + 10)\" height=\"\(bottom + 34)\" viewBox=\"0 0 \(right + 10) \(bottom + 34)\">\n"
    for (lane, process) in processes.enumerated() {
      let middle = Self.top + lane * Self.laneHeight + Self.boxHeight / 2
      svg += "<line class=\"lane\" x1=\"\(Self.left)\" y1=\"\(middle)\" x2=\"\(right)\" y2=\"\(middle)\"/>\n"
      svg += "<text x=\"4\" y=\"\(middle + 4)\">process \(process)</text>\n"
    }
    for number in part.operations.indices { svg += shape(number) }
    return svg + axis + "</svg>\n"
  }

  private func shape(_ number: Int) -> String {
    let operation = part.operations[number]
    let lane = processes.firstIndex(of: operation.process) ?? 0
    let y = Self.top + lane * Self.laneHeight
    let start = x(operation.invoked.position)
    let isCulprit = part.culprits.contains(number)
    var svg = "<g class=\"\(operation.isOpen ? "open" : "known")\(isCulprit ? " culprit" : "")\">"
    svg +=
      "<title>\(Picture.escaped("\(operation.words), line \(operation.invoked.line)\(operation.completed.map { " to \($0.line)" } ?? ", outcome unknown")"))</title>"
    if let completed = operation.completed {
      let width = max(x(completed.position) - start, 8)
      svg += "<rect x=\"\(start)\" y=\"\(y)\" width=\"\(width)\" height=\"\(Self.boxHeight)\" rx=\"4\"/>"
    } else {
      let tip = y + Self.boxHeight / 2
      // The next operation of the same process may be drawn over an open one: it stays visible as an arrow to the right.
      svg +=
        "<path d=\"M\(start) \(y) L\(right - 14) \(y) L\(right) \(tip) L\(right - 14) \(y + Self.boxHeight) L\(start) \(y + Self.boxHeight) Z\"/>"
    }
    svg += "<text x=\"\(start + 6)\" y=\"\(y + 18)\">\(Picture.escaped(Self.label(operation)))</text>"
    if let place = part.order.firstIndex(of: number) {
      svg += "<text class=\"small\" x=\"\(start + 2)\" y=\"\(y + Self.boxHeight + 11)\">\(place + 1)</text>"
    }
    return svg + "</g>\n"
  }

  /// The times of some columns, in milliseconds since the first event of the part.
  private var axis: String {
    var times: [Int: Int64] = [:]
    for operation in part.operations {
      times[operation.invoked.position] = operation.invoked.time
      if let completed = operation.completed { times[completed.position] = completed.time }
    }
    guard let first = positions.first.flatMap({ times[$0] }) else { return "" }
    var svg =
      "<line class=\"lane\" x1=\"\(Self.left)\" y1=\"\(bottom + 4)\" x2=\"\(right)\" y2=\"\(bottom + 4)\"/>\n"
    let stride = max(1, 90 / columnWidth)
    for (column, position) in positions.enumerated() where column % stride == 0 {
      let (since, overflow) = (times[position] ?? first).subtractingReportingOverflow(first)
      guard !overflow else { continue }
      let x = Self.left + column * columnWidth
      svg += "<line class=\"lane\" x1=\"\(x)\" y1=\"\(bottom + 1)\" x2=\"\(x)\" y2=\"\(bottom + 8)\"/>"
      svg += "<text class=\"small\" x=\"\(x)\" y=\"\(bottom + 22)\">\(Self.milliseconds(since))</text>\n"
    }
    return svg
  }

  /// Three digits after the point.
  private static func milliseconds(_ nanoseconds: Int64) -> String {
    let micros = nanoseconds / 1_000
    let rest = "\(micros % 1_000)"
    return "\(micros / 1_000).\(String(repeating: "0", count: max(0, 3 - rest.count)))\(rest) ms"
  }
}
