// Columns of text for a person. Pure.

enum TextTable {
  /// Columns as wide as they need to be, two spaces apart; numbers are right-aligned.
  static func text(_ head: [String], _ rows: [[String]], numeric: Set<Int>) -> String {
    let lines = [head] + rows
    let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      var text = ""
      for (column, cell) in line.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        text += numeric.contains(column) ? padding + cell : cell + padding
        if column + 1 < line.count { text += "  " }
      }
      while text.last == " " { text.removeLast() }
      return text
    }.joined(separator: "\n")
  }
}
