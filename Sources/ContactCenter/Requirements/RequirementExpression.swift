// The tree of a requirement, its normal form and its text. Pure.

/// Whose attribute a name is.
package enum AttributeOwner: String, CaseIterable, Sendable {
  /// The agent: a skill with its proficiency, else an attribute. The owner of a name that names none.
  case agent
  case customer
  /// What was set from outside for the whole center: weather, news, alerts, the time of day.
  case situation
  /// What came with the interaction.
  case interaction
}

/// `customer.segment`
package struct AttributeName: Hashable, Sendable {
  package var owner: AttributeOwner
  package var name: String

  package init(owner: AttributeOwner, name: String) {
    (self.owner, self.name) = (owner, name)
  }
}

package enum RequirementComparison: String, Sendable {
  case equal = "=="
  case unequal = "!="
  case atMost = "<="
  case atLeast = ">="
  case less = "<"
  case greater = ">"

  /// With the sides exchanged.
  var mirrored: RequirementComparison {
    switch self {
    case .equal, .unequal: self
    case .atMost: .atLeast
    case .atLeast: .atMost
    case .less: .greater
    case .greater: .less
    }
  }
}

package enum RequirementOperand: Hashable, Sendable {
  case value(AttributeValue)
  case name(AttributeName)
}

package indirect enum RequirementExpression: Hashable, Sendable {
  case constant(Bool)
  /// A name by itself: a skill that is there, an attribute that is not false.
  case holds(AttributeName)
  case compare(RequirementOperand, RequirementComparison, RequirementOperand)
  /// `language in ["es", "en"]`, `language in customer.languages`
  case isOneOf(RequirementOperand, RequirementOperand)
  case not(RequirementExpression)
  /// At least two in the normal form.
  case all([RequirementExpression])
  case any([RequirementExpression])
}

extension RequirementExpression {
  /// Nested `&&` and `||` in one list, sorted and without repetition, constants gone, a name left of a value: what means the same
  /// by these rules is equal.
  package var normal: RequirementExpression {
    switch self {
    case .constant, .holds, .isOneOf: self
    case .compare(.value(let value), let comparison, .name(let name)):
      .compare(.name(name), comparison.mirrored, .value(value))
    case .compare: self
    case .not(let inner): Self.negated(inner.normal)
    case .all(let parts): Self.joined(parts, neutral: true)
    case .any(let parts): Self.joined(parts, neutral: false)
    }
  }

  private static func negated(_ inner: RequirementExpression) -> RequirementExpression {
    switch inner {
    case .constant(let value): .constant(!value)
    case .not(let doubly): doubly
    default: .not(inner)
    }
  }

  private static func joined(_ parts: [RequirementExpression], neutral: Bool) -> RequirementExpression {
    var flat: [RequirementExpression] = []
    for part in parts {
      switch (part.normal, neutral) {
      case (.constant(neutral), _): continue
      case (.constant, _): return .constant(!neutral)
      case (.all(let inner), true), (.any(let inner), false): flat += inner
      case (let other, _): flat.append(other)
      }
    }
    var sorted: [(text: String, part: RequirementExpression)] = flat.map { ($0.description, $0) }
    sorted.sort { $0.text < $1.text }
    var unique: [RequirementExpression] = []
    for (_, part) in sorted where unique.last != part { unique.append(part) }
    switch unique.count {
    case 0: return .constant(neutral)
    case 1: return unique[0]
    default: return neutral ? .all(unique) : .any(unique)
    }
  }
}

extension RequirementExpression: CustomStringConvertible {
  /// Text that parses to an equal expression.
  package var description: String { text(inside: 0) }

  /// - Parameter level: how tightly what is around binds: 0 nothing, 1 `||`, 2 `&&`, 3 `!`.
  private func text(inside level: Int) -> String {
    switch self {
    case .constant(let value): "\(value)"
    case .holds(let name): name.description
    case .compare(let left, let comparison, let right):
      "\(left) \(comparison.rawValue) \(right)".inside(level, 3)
    case .isOneOf(let left, let right): "\(left) in \(right)".inside(level, 3)
    case .not(let inner): "!" + inner.text(inside: 3)
    case .all(let parts): parts.map { $0.text(inside: 2) }.joined(separator: " && ").inside(level, 2)
    case .any(let parts): parts.map { $0.text(inside: 1) }.joined(separator: " || ").inside(level, 1)
    }
  }
}

extension String {
  /// In parentheses where what is around binds at least as tightly.
  fileprivate func inside(_ level: Int, _ own: Int) -> String { level >= own ? "(\(self))" : self }
}

extension AttributeName: CustomStringConvertible {
  package var description: String { owner == .agent ? name : "\(owner.rawValue).\(name)" }
}

extension RequirementOperand: CustomStringConvertible {
  package var description: String {
    switch self {
    case .value(let value): value.description
    case .name(let name): name.description
    }
  }
}
