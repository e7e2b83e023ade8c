// A command line cut into words: positional ones and `key=value` or `key=(a,b)`. Pure functions.

/// One word of a command line.
package struct Word: Equatable, Sendable {
  /// Nil for a positional word.
  package let key: String?
  /// One for a positional word and for `key=value`; any number for `key=(…)`.
  package let values: [String]
}

/// Cuts a line into words. Values with blanks, `=` or parentheses stand in double quotes; in
/// them `\"`, `\\` and `\n` are what they are elsewhere.
func splitWords(_ text: String, line: Int) throws(ScriptError) -> [Word] {
  var scanner = WordScanner(text: text, line: line)
  var words: [Word] = []
  while let word = try scanner.next() {
    words.append(word)
  }
  return words
}

private struct WordScanner {
  private let characters: [Character]
  private var position = 0
  private let line: Int

  init(text: String, line: Int) {
    characters = Array(text)
    self.line = line
  }

  mutating func next() throws(ScriptError) -> Word? {
    skipBlanks()
    guard let first = peek() else { return nil }
    if first == "\"" { return Word(key: nil, values: [try quoted()]) }
    if first == "(" { return Word(key: nil, values: try list()) }
    let word = bare(until: { $0 == "=" || $0.isWhitespace || $0 == "(" })
    guard peek() == "=" else {
      guard !word.isEmpty, peek() != "(" else {
        throw ScriptError(line: line, "a parenthesis after \"\(word)\": lists are written key=(1,2)")
      }
      return Word(key: nil, values: [word])
    }
    position += 1
    guard !word.isEmpty else {
      throw ScriptError(line: line, "an equals sign without a name before it")
    }
    switch peek() {
    case "(": return Word(key: word, values: try list())
    case "\"": return Word(key: word, values: [try quoted()])
    default:
      let value = bare(until: \.isWhitespace)
      guard !value.isEmpty else { throw ScriptError(line: line, "\(word)= has no value") }
      return Word(key: word, values: [value])
    }
  }

  private func peek() -> Character? {
    position < characters.count ? characters[position] : nil
  }

  private mutating func skipBlanks() {
    while let next = peek(), next.isWhitespace { position += 1 }
  }

  private mutating func bare(until isEnd: (Character) -> Bool) -> String {
    let start = position
    while let next = peek(), !isEnd(next) { position += 1 }
    return String(characters[start..<position])
  }

  private mutating func quoted() throws(ScriptError) -> String {
    position += 1
    var value = ""
    while let next = peek() {
      position += 1
      switch next {
      case "\"": return value
      case "\\":
        switch peek() {
        case "n": value.append("\n")
        case "\"", "\\": value.append(peek() ?? " ")
        default: throw ScriptError(line: line, "after a backslash stands \", \\ or n")
        }
        position += 1
      default: value.append(next)
      }
    }
    throw ScriptError(line: line, "a quotation mark is not closed")
  }

  /// Items between parentheses, separated by commas or blanks.
  private mutating func list() throws(ScriptError) -> [String] {
    position += 1
    let start = position
    while let next = peek() {
      if next == ")" {
        let items = characters[start..<position].split { $0 == "," || $0.isWhitespace }
        position += 1
        return items.map { String($0) }
      }
      position += 1
    }
    throw ScriptError(line: line, "a parenthesis is not closed")
  }
}
