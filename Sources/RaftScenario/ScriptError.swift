// What is wrong with a script, and where. A pure value.

/// A script cannot be read or a command in it cannot be carried out. What consensus itself refuses
/// is not an error: it is output.
package struct ScriptError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Counted from 1.
  package let line: Int
  /// What was wrong and what would be right.
  package let message: String

  package init(line: Int, _ message: String) {
    self.line = line
    self.message = message
  }

  package var description: String { "line \(line): \(message)" }
}

/// "did you mean": the known word nearest to what was written, if one is near.
func suggestion(for word: String, among known: [String]) -> String {
  // Of those as near, the one that begins like it.
  func shared(_ name: String) -> Int { zip(word, name).prefix { $0 == $1 }.count }
  let near =
    known
    .map { (name: $0, distance: editDistance(word, $0)) }
    .filter { $0.distance <= max(1, min(3, $0.name.count / 2)) }
    .min { ($0.distance, -shared($0.name), $0.name) < ($1.distance, -shared($1.name), $1.name) }
  return near.map { "; did you mean \($0.name)?" } ?? ""
}

/// Levenshtein's distance, on at most the first 40 characters of each.
func editDistance(_ left: String, _ right: String) -> Int {
  let left = Array(left.prefix(40))
  let right = Array(right.prefix(40))
  var row = Array(0...right.count)
  for (index, character) in left.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for column in right.indices {
      let substituted = diagonal + (character == right[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(substituted, row[column] + 1, row[column + 1] + 1)
    }
  }
  return row[right.count]
}
