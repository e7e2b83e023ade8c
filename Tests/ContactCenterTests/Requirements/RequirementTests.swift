// Requirements by example: what they say of agents, and what is said of texts that are none.
import ContactCenter
import Testing

@Suite struct RequirementTests {
  private let ann = AgentQualities(
    skills: ["billing": 5, "cards": 10],
    attributes: [
      "language": .text("es"), "languages": .texts(["es", "en"]), "site": .text("lima"),
      "driver": .flag(true),
      "trainee": .flag(false), "distance": AttributeValue(2.5),
    ])

  @Test(
    "Ann, who speaks es and en, with billing 5 and cards 10",
    arguments: [
      ("language == \"es\" && billing >= 5", true),
      ("language == \"es\" && billing > 5", false),
      ("language == \"fr\" || cards >= 9", true),
      ("!(language == \"fr\") && cards == 10", true),
      ("billing", true), ("insurance", false), ("driver", true), ("trainee", false), ("!trainee", true),
      ("language in [\"es\", \"pt\"]", true), ("language in []", false), ("languages has \"en\"", true),
      ("\"fr\" in languages", false), ("[\"fr\", \"en\"] in languages", true), ("5 <= billing", true),
      ("distance < 3", true), ("distance < 2.5", false), ("site < \"m\"", true),
      // Unknown, and of another kind.
      ("insurance == 5", false), ("insurance != 5", true), ("insurance < 5", false),
      ("!(insurance < 5)", true),
      ("unknown == other", false), ("billing == \"5\"", false), ("billing != \"5\"", true),
      ("language > 3", false),
      // What binds tighter: ! before && before ||.
      ("billing || insurance && insurance", true), ("(billing || insurance) && insurance", false),
      ("!insurance && billing", true), ("true", true), ("!true || false", false),
    ])
  func byExample(_ text: String, _ isMet: Bool) throws {
    #expect(try Requirement(text).isMet(by: ann) == isMet)
  }

  @Test(
    "Problems name their column and what to write",
    arguments: [
      ("", 1, "expected a name, a \"text\" or a number, and found the end"),
      ("billing >= ", 12, "expected a name, a \"text\" or a number, and found the end"),
      ("language = \"es\"", 10, "equality is written =="),
      ("a & b", 3, "and is written &&"),
      ("a | b", 3, "or is written ||"),
      ("language == 'es'", 13, "texts stand in straight double quotes: \"es\""),
      ("language == \"es", 13, "this text has no closing \""),
      ("(a || b", 8, "expected ) for the ( of column 1, and found the end"),
      ("a b", 3, "expected && or || or the end, and found \"b\""),
      ("a && && b", 6, "expected a name, a \"text\" or a number, and found &&"),
      (
        "agnet.site == \"lima\"", 1,
        "\"agnet\" has no attributes: it is one of agent, customer, situation, interaction"
      ),
      ("customer. == 1", 1, "\"customer.\" is no name: write billing, or customer.segment"),
      ("\"es\"", 1, "\"es\" by itself says nothing: compare it with a name, as in language == \"es\""),
      ("a >= 5x", 6, "\"5x\" is no number: write 5, -3 or 0.5; names do not begin with a digit"),
      ("a in [\"x\" \"y\"]", 11, "expected , or ] in the list, and found \"y\""),
      ("a in [5]", 7, "expected a \"text\" of the list, and found 5"),
      ("a == \"\\x\"", 7, "after \\ comes \" or \\ or n"),
      ("a ? b", 3, "\"?\" means nothing here"),
    ])
  func problems(_ text: String, _ column: Int, _ words: String) {
    #expect(throws: RequirementProblem(column, words)) { try Requirement(text) }
  }

  @Test("Texts without end are refused before they cost anything")
  func limits() {
    let long = String(repeating: "a", count: Requirement.longest + 1)
    let deep = String(repeating: "(", count: 1_000)
    let negated = String(repeating: "!", count: 1_000) + "a"
    let wide = Array(repeating: "a", count: 65).joined(separator: "&&")
    for text in [long, deep, negated, wide] {
      #expect(throws: RequirementProblem.self) { try Requirement(text) }
    }
  }

  @Test("What the customer and the situation settle is gone; the rest is asked of agents")
  func residual() throws {
    let requirement = try Requirement(
      "customer.segment == \"vip\" && billing >= 8 || situation.weather == \"storm\" && site == customer.site"
    )
    let vip = requirement.residual(customer: ["segment": .text("vip")])
    #expect(vip.description == "billing >= 8")
    let storm = requirement.residual(
      customer: ["site": .text("lima")], situation: ["weather": .text("storm")])
    #expect(storm.description == "site == \"lima\"")
    #expect(storm.isMet(by: ann))
    let both = requirement.residual(
      customer: ["site": .text("lima"), "segment": .text("vip")], situation: ["weather": .text("storm")])
    #expect(both.description == "billing >= 8 || site == \"lima\"")
    #expect(requirement.residual() == (try Requirement("false")))
    #expect(!requirement.residual().isMet(by: ann))
  }

  @Test("People read which part an agent does not meet, and why")
  func unmet() throws {
    let requirement = try Requirement("language == \"es\" && billing >= 8 && (insurance || cards > 10)")
    #expect(
      requirement.unmet(by: ann) == [
        "billing >= 8 (billing is 5)", "cards > 10 || insurance (cards is 10, insurance is unknown)",
      ])
  }

  @Test("A mark stands under the place of the problem")
  func mark() throws {
    #expect(
      RequirementProblem(3, "and is written &&").marked(in: "a & b") == "a & b\n  ^ and is written &&")
  }
}
