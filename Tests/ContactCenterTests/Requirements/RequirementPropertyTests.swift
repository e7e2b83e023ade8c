// Requirements by chance: the normal form means the same, its text parses to it, and residuals are what is left.
import CBOR
import ContactCenter
import Testing

@Suite struct RequirementPropertyTests {
  @Test(
    "The text of a random requirement parses to it, and the normal form means what the tree meant",
    arguments: 0..<20)
  func normalForm(_ seed: UInt64) throws {
    var random = RandomRequirements(seed: seed)
    for _ in 0..<200 {
      let tree = random.expression(depth: 4)
      let requirement = Requirement(tree)
      #expect(try Requirement(requirement.description) == requirement, "seed \(seed): \(tree)")
      #expect(Requirement(requirement.expression) == requirement, "seed \(seed): \(tree)")
      let bytes = try CBOREncoder().encode(requirement)
      #expect(try CBORDecoder().decode(Requirement.self, from: bytes) == requirement)
      for _ in 0..<5 {
        let agent = random.agent()
        // Names of others are unknown to both.
        #expect(
          requirement.isMet(by: agent) == Requirement(.not(.not(tree))).isMet(by: agent),
          "seed \(seed): \(tree)")
      }
    }
  }

  @Test("What is left after the customer is known gives the same answer as all at once", arguments: 0..<20)
  func residual(_ seed: UInt64) throws {
    var random = RandomRequirements(seed: seed &+ 1_000)
    for _ in 0..<200 {
      let requirement = Requirement(random.expression(depth: 4))
      let (customer, situation) = (random.attributes(), random.attributes())
      let agent = random.agent()
      let residual = requirement.residual(customer: customer, situation: situation)
      // The agent's names moved to the customer, so that all is settled at once.
      let whole = Requirement(requirement.expression.renamed).residual(
        customer: customer, situation: situation,
        interaction: agent.attributes.merging(agent.skills.mapValues { AttributeValue(Double($0)) }) { $1 })
      #expect(whole.expression == .constant(residual.isMet(by: agent)), "seed \(seed): \(requirement)")
      let owners = residual.expression.owners
      #expect(owners.isSubset(of: [.agent]), "seed \(seed): \(residual)")
    }
  }
}

extension RequirementExpression {
  /// Names of agents as names of the interaction.
  fileprivate var renamed: RequirementExpression {
    func renamed(_ name: AttributeName) -> AttributeName {
      name.owner == .agent ? AttributeName(owner: .interaction, name: name.name) : name
    }
    func operand(_ operand: RequirementOperand) -> RequirementOperand {
      if case .name(let name) = operand { .name(renamed(name)) } else { operand }
    }
    return switch self {
    case .constant: self
    case .holds(let name): .holds(renamed(name))
    case .compare(let left, let comparison, let right): .compare(operand(left), comparison, operand(right))
    case .isOneOf(let left, let right): .isOneOf(operand(left), operand(right))
    case .not(let inner): .not(inner.renamed)
    case .all(let parts): .all(parts.map(\.renamed))
    case .any(let parts): .any(parts.map(\.renamed))
    }
  }

  fileprivate var owners: Set<AttributeOwner> {
    func owners(_ operands: RequirementOperand...) -> Set<AttributeOwner> {
      Set(operands.compactMap { if case .name(let name) = $0 { name.owner } else { nil } })
    }
    return switch self {
    case .constant: []
    case .holds(let name): [name.owner]
    case .compare(let left, _, let right), .isOneOf(let left, let right): owners(left, right)
    case .not(let inner): inner.owners
    case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.owners) }
    }
  }
}

/// Few names and values, so that they meet.
private struct RandomRequirements {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  private static let names = ["a", "b", "c"]

  private mutating func value() -> AttributeValue {
    random.pick([
      .text("x"), .text("y\"\\\n"), AttributeValue(1), AttributeValue(-2), AttributeValue(0.00001),
      .flag(true),
      .flag(false), .texts([]), .texts(["x"]), .texts(["x", "z"]),
    ])
  }

  private mutating func name() -> AttributeName {
    AttributeName(owner: random.pick([.agent, .agent, .customer, .situation]), name: random.pick(Self.names))
  }

  private mutating func operand() -> RequirementOperand {
    random.next() % 3 == 0 ? .value(value()) : .name(name())
  }

  mutating func attributes() -> Attributes {
    var attributes: Attributes = [:]
    for name in Self.names where random.next() % 3 != 0 { attributes[name] = value() }
    return attributes
  }

  mutating func agent() -> AgentQualities {
    AgentQualities(skills: random.next() % 2 == 0 ? ["a": 1] : [:], attributes: attributes())
  }

  mutating func expression(depth: Int) -> RequirementExpression {
    let comparisons: [RequirementComparison] = [.equal, .unequal, .less, .atMost, .greater, .atLeast]
    switch random.next() % (depth == 0 ? 4 : 7) {
    case 0: return .constant(random.next() % 2 == 0)
    case 1: return .holds(name())
    case 2: return .compare(operand(), random.pick(comparisons), operand())
    case 3: return .isOneOf(operand(), operand())
    case 4: return .not(expression(depth: depth - 1))
    case 5: return .all((0..<Int(random.next() % 4)).map { _ in expression(depth: depth - 1) })
    default: return .any((0..<Int(random.next() % 4)).map { _ in expression(depth: depth - 1) })
    }
  }
}
