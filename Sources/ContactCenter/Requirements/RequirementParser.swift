// Reads the text of a requirement: a recursive descent over its tokens. Pure.

struct RequirementParser {
  /// So deep may parentheses and `!` nest.
  static let depth = 32
  /// So many comparisons may there be.
  static let comparisons = 64
  static let listed = 64

  private let tokens: [RequirementToken]
  private var position = 0
  private var count = 0

  static func expression(of text: String) throws(RequirementProblem) -> RequirementExpression {
    var parser = RequirementParser(tokens: try RequirementLexer.tokens(of: text))
    let expression = try parser.alternatives(0)
    guard parser.token.kind == .end else {
      throw parser.problem("expected && or || or the end, and found \(parser.found)")
    }
    return expression
  }

  private init(tokens: [RequirementToken]) { self.tokens = tokens }

  private var token: RequirementToken { tokens[min(position, tokens.count - 1)] }

  private func problem(_ words: String) -> RequirementProblem { RequirementProblem(token.column, words) }

  private var found: String {
    switch token.kind {
    case .word(let word): "\"\(word)\""
    case .text(let text): AttributeValue.text(text).description
    case .number(let number): AttributeValue(number).description
    case .symbol(let symbol): symbol
    case .end: "the end"
    }
  }

  private mutating func accept(_ symbol: String) -> Bool {
    guard token.kind == .symbol(symbol) else { return false }
    position += 1
    return true
  }

  private mutating func accept(word: String) -> Bool {
    guard token.kind == .word(word) else { return false }
    position += 1
    return true
  }

  // MARK: grammar

  /// a || b
  private mutating func alternatives(_ depth: Int) throws(RequirementProblem) -> RequirementExpression {
    var parts = [try conjunction(depth)]
    while accept("||") { parts.append(try conjunction(depth)) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  /// a && b
  private mutating func conjunction(_ depth: Int) throws(RequirementProblem) -> RequirementExpression {
    var parts = [try negation(depth)]
    while accept("&&") { parts.append(try negation(depth)) }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func negation(_ depth: Int) throws(RequirementProblem) -> RequirementExpression {
    guard depth < Self.depth else { throw problem("more than \(Self.depth) levels of parentheses and !") }
    if accept("!") { return .not(try negation(depth + 1)) }
    guard token.kind == .symbol("(") else { return try comparison() }
    let opened = token.column
    position += 1
    let inner = try alternatives(depth + 1)
    guard accept(")") else { throw problem("expected ) for the ( of column \(opened), and found \(found)") }
    return inner
  }

  private mutating func comparison() throws(RequirementProblem) -> RequirementExpression {
    count += 1
    guard count <= Self.comparisons else { throw problem("more than \(Self.comparisons) comparisons") }
    let column = token.column
    let left = try operand()
    if case .symbol(let symbol) = token.kind, let comparison = RequirementComparison(rawValue: symbol) {
      position += 1
      return .compare(left, comparison, try operand())
    }
    if accept(word: "in") { return .isOneOf(left, try operand()) }
    if accept(word: "has") { return .isOneOf(try operand(), left) }
    switch left {
    case .name(let name): return .holds(name)
    case .value(.flag(let flag)): return .constant(flag)
    case .value(let value):
      throw RequirementProblem(
        column, "\(value) by itself says nothing: compare it with a name, as in language == \(value)")
    }
  }

  private mutating func operand() throws(RequirementProblem) -> RequirementOperand {
    let token = token
    switch token.kind {
    case .text(let text):
      position += 1
      return .value(.text(text))
    case .number(let number):
      position += 1
      return .value(AttributeValue(number))
    case .word("true"), .word("false"):
      position += 1
      return .value(.flag(token.kind == .word("true")))
    case .symbol("["):
      return .value(.texts(try list()))
    case .word("in"), .word("has"), .symbol, .end:
      throw problem("expected a name, a \"text\" or a number, and found \(found)")
    case .word(let word):
      position += 1
      return .name(try Self.name(word, token.column))
    }
  }

  /// `["es", "en"]`
  private mutating func list() throws(RequirementProblem) -> [String] {
    position += 1
    var texts: [String] = []
    guard !accept("]") else { return texts }
    repeat {
      guard case .text(let text) = token.kind else {
        throw problem("expected a \"text\" of the list, and found \(found)")
      }
      position += 1
      texts.append(text)
      guard texts.count <= Self.listed else { throw problem("more than \(Self.listed) texts in a list") }
    } while accept(",")
    guard accept("]") else { throw problem("expected , or ] in the list, and found \(found)") }
    return texts
  }

  private static func name(_ word: String, _ column: Int) throws(RequirementProblem) -> AttributeName {
    let parts = word.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty }) else {
      throw RequirementProblem(column, "\"\(word)\" is no name: write billing, or customer.segment")
    }
    guard parts.count == 2 else { return AttributeName(owner: .agent, name: word) }
    guard let owner = AttributeOwner(rawValue: String(parts[0])) else {
      let owners = AttributeOwner.allCases.map(\.rawValue).joined(separator: ", ")
      throw RequirementProblem(column, "\"\(parts[0])\" has no attributes: it is one of \(owners)")
    }
    return AttributeName(owner: owner, name: String(parts[1]))
  }
}
