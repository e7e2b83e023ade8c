// What a requirement comes to when values are known. Pure.

/// What is known of a name while a requirement is settled.
enum RequirementFinding {
  /// Asked later.
  case open
  /// Nil for unknown.
  case settled(AttributeValue?)
}

extension RequirementExpression {
  /// Its value when everything is known that will be.
  func value(_ look: (AttributeName) -> AttributeValue?) -> Bool {
    switch self {
    case .constant(let value): value
    case .holds(let name): Self.holds(look(name))
    case .compare(let left, let comparison, let right):
      comparison.holds(left.value(look), right.value(look))
    case .isOneOf(let one, let many): Self.isOne(one.value(look), of: many.value(look))
    case .not(let inner): !inner.value(look)
    case .all(let parts): parts.allSatisfy { $0.value(look) }
    case .any(let parts): parts.contains { $0.value(look) }
    }
  }

  /// With what is settled put in; not yet in normal form.
  func settled(_ find: (AttributeName) -> RequirementFinding) -> RequirementExpression {
    switch self {
    case .constant: return self
    case .holds(let name):
      guard case .settled(let value) = find(name) else { return self }
      return .constant(Self.holds(value))
    case .compare(let left, let comparison, let right):
      switch (left.settled(find), right.settled(find)) {
      case (.settled(let left), .settled(let right)): return .constant(comparison.holds(left, right))
      // Whatever the other is, it equals nothing.
      case (.settled(nil), .open), (.open, .settled(nil)): return .constant(comparison == .unequal)
      case (.settled(let value?), .open): return .compare(.value(value), comparison, right)
      case (.open, .settled(let value?)): return .compare(left, comparison, .value(value))
      case (.open, .open): return self
      }
    case .isOneOf(let one, let many):
      switch (one.settled(find), many.settled(find)) {
      case (.settled(let one), .settled(let many)): return .constant(Self.isOne(one, of: many))
      case (.settled(nil), .open), (.open, .settled(nil)): return .constant(false)
      case (.settled(let value?), .open): return .isOneOf(.value(value), many)
      case (.open, .settled(let value?)): return .isOneOf(one, .value(value))
      case (.open, .open): return self
      }
    case .not(let inner): return .not(inner.settled(find))
    case .all(let parts): return .all(parts.map { $0.settled(find) })
    case .any(let parts): return .any(parts.map { $0.settled(find) })
    }
  }

  /// Each name once, in order of its text.
  var names: [AttributeName] {
    var found: Set<AttributeName> = []
    collect(&found)
    return found.sorted { $0.description < $1.description }
  }

  private func collect(_ found: inout Set<AttributeName>) {
    switch self {
    case .constant: break
    case .holds(let name): found.insert(name)
    case .compare(let left, _, let right), .isOneOf(let left, let right):
      for case .name(let name) in [left, right] { found.insert(name) }
    case .not(let inner): inner.collect(&found)
    case .all(let parts), .any(let parts): for part in parts { part.collect(&found) }
    }
  }

  private static func holds(_ value: AttributeValue?) -> Bool {
    switch value {
    case nil, .flag(false): false
    default: true
    }
  }

  private static func isOne(_ one: AttributeValue?, of many: AttributeValue?) -> Bool {
    switch (one, many) {
    case (.text(let text), .texts(let texts)): texts.contains(text)
    // A list of one, such as the only language that is known.
    case (.text(let text), .text(let only)): text == only
    case (.texts(let some), .texts(let all)): some.contains(where: all.contains)
    default: false
    }
  }
}

extension RequirementOperand {
  fileprivate func value(_ look: (AttributeName) -> AttributeValue?) -> AttributeValue? {
    switch self {
    case .value(let value): value
    case .name(let name): look(name)
    }
  }

  fileprivate func settled(_ find: (AttributeName) -> RequirementFinding) -> RequirementFinding {
    switch self {
    case .value(let value): .settled(value)
    case .name(let name): find(name)
    }
  }
}

extension RequirementComparison {
  /// Values of different kinds are unequal and in no order; nil, which is unknown, equals nothing, itself included.
  func holds(_ left: AttributeValue?, _ right: AttributeValue?) -> Bool {
    guard let left, let right else { return self == .unequal }
    switch self {
    case .equal: return left == right
    case .unequal: return left != right
    case .less, .atMost, .greater, .atLeast:
      switch (left, right) {
      case (.number(let left), .number(let right)): return holds(ordered: left, right)
      case (.text(let left), .text(let right)): return holds(ordered: left, right)
      default: return false
      }
    }
  }

  private func holds<Value: Comparable>(ordered left: Value, _ right: Value) -> Bool {
    switch self {
    case .less: left < right
    case .atMost: left <= right
    case .greater: left > right
    case .atLeast: left >= right
    case .equal: left == right
    case .unequal: left != right
    }
  }
}
