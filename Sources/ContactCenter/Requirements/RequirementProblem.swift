// What is wrong with the text of a requirement. Pure.

/// One problem, with the place where it is.
public struct RequirementProblem: Error, Equatable, Sendable, CustomStringConvertible {
  /// From 1, in characters.
  public let column: Int
  /// What is wrong and what to write instead.
  public let words: String

  package init(_ column: Int, _ words: String) {
    (self.column, self.words) = (column, words)
  }

  public var description: String { "column \(column): \(words)" }

  /// The text with a mark under the place.
  public func marked(in text: String) -> String {
    "\(text.replacing("\n", with: " "))\n\(String(repeating: " ", count: max(0, column - 1)))^ \(words)"
  }
}
