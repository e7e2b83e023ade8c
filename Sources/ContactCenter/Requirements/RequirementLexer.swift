// Cuts the text of a requirement into tokens, each with its column. Pure.

package struct RequirementToken: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// A name, with its owner before a dot if it has one; and the words `true`, `false`, `in`, `has`.
    case word(String)
    case text(String)
    case number(Double)
    /// `==`, `&&`, `(`, …
    case symbol(String)
    case end
  }

  package var kind: Kind
  /// From 1, in characters.
  package var column: Int
}

struct RequirementLexer {
  private static let symbols = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ","]

  private let characters: [Character]
  private var position = 0

  private init(_ text: String) { characters = Array(text) }

  static func tokens(of text: String) throws(RequirementProblem) -> [RequirementToken] {
    var lexer = RequirementLexer(text)
    var tokens: [RequirementToken] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private mutating func next() throws(RequirementProblem) -> RequirementToken {
    while position < characters.count, characters[position].isWhitespace { position += 1 }
    let column = position + 1
    guard position < characters.count else { return RequirementToken(kind: .end, column: column) }
    let first = characters[position]
    if first == "\"" { return RequirementToken(kind: .text(try quoted()), column: column) }
    if first.isNumber
      || (first == "-" && position + 1 < characters.count && characters[position + 1].isNumber)
    {
      return RequirementToken(kind: .number(try number()), column: column)
    }
    if Self.isName(first), first != "-" {
      return RequirementToken(kind: .word(take { Self.isName($0) || $0 == "." }), column: column)
    }
    for symbol in Self.symbols where characters[position...].starts(with: symbol) {
      position += symbol.count
      return RequirementToken(kind: .symbol(symbol), column: column)
    }
    throw RequirementProblem(column, Self.words(about: first))
  }

  private static func words(about character: Character) -> String {
    switch character {
    case "=": "equality is written =="
    case "&": "and is written &&"
    case "|": "or is written ||"
    case "'", "“", "”": "texts stand in straight double quotes: \"es\""
    default: "\"\(character)\" means nothing here"
    }
  }

  private static func isName(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == "-"
  }

  private mutating func take(while isPart: (Character) -> Bool) -> String {
    let start = position
    while position < characters.count, isPart(characters[position]) { position += 1 }
    return String(characters[start..<position])
  }

  private mutating func number() throws(RequirementProblem) -> Double {
    let column = position + 1
    let text = take { $0.isNumber || $0.isLetter || [".", "-", "+", "_"].contains($0) }
    guard text.allSatisfy({ $0.isASCII && ($0.isNumber || [".", "-", "+", "e"].contains($0)) }),
      let number = Double(text), number.isFinite
    else {
      throw RequirementProblem(
        column, "\"\(text)\" is no number: write 5, -3 or 0.5; names do not begin with a digit")
    }
    return number
  }

  private mutating func quoted() throws(RequirementProblem) -> String {
    let column = position + 1
    position += 1
    var text = ""
    while position < characters.count {
      let character = characters[position]
      position += 1
      switch character {
      case "\"": return text
      case "\\":
        guard position < characters.count else { break }
        let escaped = characters[position]
        position += 1
        switch escaped {
        case "\"", "\\": text.append(escaped)
        case "n": text.append("\n")
        default: throw RequirementProblem(position - 1, "after \\ comes \" or \\ or n")
        }
      default: text.append(character)
      }
    }
    throw RequirementProblem(column, "this text has no closing \"")
  }
}
