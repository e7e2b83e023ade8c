// What an interaction asks of an agent: parsed once, asked often. Pure.

/// An expression over skills and attributes of agent, customer, situation and interaction:
///
///     language == "es" && billing >= 5
///     customer.segment in ["gold", "vip"] || situation.weather == "storm" && driver
///
/// A bare name is the agent's: a skill, whose value is the proficiency (1 to 10), else an attribute. By itself it says that the
/// skill is there, or that the attribute is there and not false. `languages has "es"` is `"es" in languages`.
///
/// What is unknown equals nothing: `==`, `<`, `<=`, `>`, `>=`, `in` and `has` with an unknown name are false, `!=` is true, and a
/// bare name is false. The same holds for values of different kinds. `!` turns whatever that gives around.
public struct Requirement: Hashable, Sendable {
  /// The longest text, in UTF-8 bytes.
  public static let longest = 2_048

  /// What anybody meets.
  public static let none = Requirement(.constant(true))

  package let expression: RequirementExpression

  package init(_ expression: RequirementExpression) { self.expression = expression.normal }

  /// - Throws: the first problem, with its column.
  public init(_ text: String) throws(RequirementProblem) {
    guard text.utf8.count <= Self.longest else {
      throw RequirementProblem(
        1, "the requirement has \(text.utf8.count) bytes, and may have \(Self.longest)")
    }
    self.init(try RequirementParser.expression(of: text))
  }

  /// Whether everybody meets it.
  public var asksNothing: Bool { expression == .constant(true) }

  /// With all that is known of the others put in, what is left to ask of the agent. Interactions that are left with an equal
  /// requirement can share a line.
  public func residual(
    customer: Attributes = [:], situation: Attributes = [:], interaction: Attributes = [:]
  ) -> Requirement {
    Requirement(
      expression.settled {
        switch $0.owner {
        case .agent: .open
        case .customer: .settled(customer[$0.name])
        case .situation: .settled(situation[$0.name])
        case .interaction: .settled(interaction[$0.name])
        }
      })
  }

  /// Whether an agent meets it. Names of other owners count as unknown: take the `residual` first.
  public func isMet(by agent: AgentQualities) -> Bool { expression.value { agent[$0] } }

  /// Names of agents' skills and attributes that it looks at, sorted.
  public var namesOfAgent: [String] { expression.names.filter { $0.owner == .agent }.map(\.name).sorted() }

  /// The parts that the agent does not meet, as text for people; of alternatives all.
  public func unmet(by agent: AgentQualities) -> [String] {
    let parts: [RequirementExpression] = if case .all(let parts) = expression { parts } else { [expression] }
    return parts.filter { part in !part.value { agent[$0] } }.map { part in
      let seen = part.names.filter { $0.owner == .agent }.map { name in
        agent[name].map { "\(name) is \($0)" } ?? "\(name) is unknown"
      }
      return seen.isEmpty ? "\(part)" : "\(part) (\(seen.joined(separator: ", ")))"
    }
  }
}

/// What is known of an agent.
public struct AgentQualities: Codable, Hashable, Sendable {
  /// Proficiency by skill, 1 to 10.
  public var skills: [String: Int]
  public var attributes: Attributes

  public init(skills: [String: Int] = [:], attributes: Attributes = [:]) {
    (self.skills, self.attributes) = (skills, attributes)
  }

  package subscript(name: AttributeName) -> AttributeValue? {
    guard name.owner == .agent else { return nil }
    return skills[name.name].map { AttributeValue(Double($0)) } ?? attributes[name.name]
  }
}

extension Requirement: CustomStringConvertible {
  /// The normal form; parsing it gives an equal requirement.
  public var description: String { expression.description }
}

extension Requirement: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do {
      try self.init(text)
    } catch {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "the requirement cannot be read: \(error)")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
