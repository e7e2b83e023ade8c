// Bodies are read strictly, and a wrong one is told where it is wrong.
import ContactCenter
import Foundation
import Gateway
import Hummingbird
import Testing

@Suite struct StrictJSONTests {
  private func problem<Body: StrictBody>(_ type: Body.Type, _ text: String) -> String {
    do {
      _ = try StrictJSON.decode(type, from: Array(text.utf8))
      return "accepted"
    } catch {
      return error.status.code == 400 ? "\(error.code): \(error.message)" : "\(error.status)"
    }
  }

  @Test func defaultsAreThoseOfTheContract() throws {
    let body = try StrictJSON.decode(
      CreateInteractionBody.self, from: Array(#"{"channel":"voice","queue":"sales"}"#.utf8))
    #expect(
      body.command
        == CreateInteraction(
          channel: .voice, queue: "sales", priority: 0, offerTimeoutMs: 20_000, wrapUpMs: 0))
    let session = try StrictJSON.decode(SessionBody.self, from: Array(#"{"queues":["q"]}"#.utf8))
    #expect(session.command == SignIn(queues: ["q"]))
  }

  @Test func everyFieldIsRead() throws {
    let text = #"""
      {"channel": "chat", "queue": "q", "priority": 9, "customer": "c", "attributes": {"any key": "v"},
       "offerTimeoutMs": 1000, "wrapUpMs": 2000}
      """#
    let body = try StrictJSON.decode(CreateInteractionBody.self, from: Array(text.utf8))
    #expect(
      body.command
        == CreateInteraction(
          channel: .chat, queue: "q", priority: 9, customer: "c", attributes: ["any key": "v"],
          offerTimeoutMs: 1_000, wrapUpMs: 2_000))
    let session = #"{"queues":["q"],"skills":["s"],"capacity":{"chat":3},"missesBeforeNotReady":5}"#
    #expect(
      try StrictJSON.decode(SessionBody.self, from: Array(session.utf8)).command
        == SignIn(queues: ["q"], skills: ["s"], capacity: [.chat: 3], missesBeforeNotReady: 5))
  }

  @Test func unknownKeysAreNamed() {
    let text = problem(CreateInteractionBody.self, #"{"channel":"voice","queue":"q","prio":1,"Queue":"q"}"#)
    #expect(text.hasPrefix("unknownKey: "))
    #expect(text.contains("'Queue', 'prio'"))
    #expect(text.contains("priority"))
    #expect(problem(EmptyBody.self, #"{"reason":"x"}"#).hasPrefix("unknownKey: "))
  }

  @Test func wrongTypesAreNamedWithTheirPath() {
    #expect(
      problem(CreateInteractionBody.self, #"{"channel":"voice","queue":7}"#)
        == "malformedBody: the body has the wrong type at 'queue': a string is expected")
    #expect(
      problem(CreateInteractionBody.self, #"{"channel":"voice"}"#)
        == "malformedBody: the body has no 'queue', which is required")
    #expect(
      problem(CreateInteractionBody.self, #"{"channel":"fax","queue":"q"}"#).contains(
        "'channel': 'fax' is no channel"))
    #expect(problem(SessionBody.self, #"{"queues":["q",3]}"#).contains("'queues.[1]'"))
    #expect(
      problem(SessionBody.self, #"{"queues":["q"],"capacity":{"fax":1}}"#).contains("'fax' is no channel"))
    #expect(
      problem(SessionBody.self, #"{"queues":["q"],"capacity":{"chat":1.5}}"#).contains(
        "the capacity of chat must be a whole number"))
    #expect(
      problem(CreateInteractionBody.self, #"{"channel":"voice","queue":"q","priority":1.5}"#).contains(
        "'priority'"))
    #expect(problem(CreateInteractionBody.self, #"{"channel":"voice","queue":null}"#).contains("'queue'"))
    #expect(problem(AgentBody.self, #"["ann"]"#).hasPrefix("malformedBody: "))
    #expect(problem(AgentBody.self, "null").hasPrefix("malformedBody: "))
  }

  @Test(arguments: [
    ("{", "line 1, column 2: a key in double quotes is expected, and the text ends"),
    (#"{"agent":"ann"} x"#, "line 1, column 17: nothing more is expected"),
    (#"{"agent":"ann",}"#, "line 1, column 16: a key in double quotes is expected"),
    ("agent=ann", "line 1, column 1: a value is expected"),
    ("{\n  'agent':'ann'}", "line 2, column 3: a key in double quotes is expected"),
    (#"{"agent":"a","agent":"b"}"#, "line 1, column 14: the key \"agent\" is there twice"),
    (#"{"agent" "ann"}"#, "line 1, column 10: ':' is expected after a key"),
    (#"{"agent":"ann" "x":1}"#, "line 1, column 16: ',' or '}' is expected"),
    (#"{"agent":[1 2]}"#, "line 1, column 13: ',' or ']' is expected"),
    (#"{"agent":01}"#, "line 1, column 11: ',' or '}' is expected"),
    (#"{"agent":1.}"#, "line 1, column 12: a digit is expected"),
    (#"{"agent":"\x"}"#, "line 1, column 12: this is no escape sequence"),
    (#"{"agent":"\u12g4"}"#, "line 1, column 15: four hexadecimal digits are expected after '\\u'"),
    (#"{"agent":nul}"#, "line 1, column 10: a value is expected"),
    ("{\"agent\":\"a\nb\"}", "line 1, column 12: control characters in strings must be escaped"),
    (#"{"agent":"ann"#, "line 1, column 14: the text ends within a string, and the text ends"),
  ])
  func brokenJSONIsToldWhere(text: String, expected: String) {
    #expect(problem(AgentBody.self, text) == "malformedBody: the body is no valid JSON: \(expected)")
  }

  @Test func nestingIsLimited() {
    let text = String(repeating: "[", count: 100_000)
    #expect(problem(AgentBody.self, text).contains("nested too deeply"))
  }

  /// The grammar takes whatever a writer of JSON writes, and agrees with Foundation about it.
  @Test(arguments: 0..<50)
  func whatIsJSONPasses(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    func value(_ depth: Int) -> Any {
      switch random.below(depth > 3 ? 5 : 7) {
      case 0: return NSNull()
      case 1: return random.below(2) == 0
      case 2: return Int(truncatingIfNeeded: random.next())
      case 3: return Double(random.below(1_000_000)) / 1_024 * (random.below(2) == 0 ? 1e-12 : -1e30)
      case 4:
        return String((0..<random.below(12)).map { _ in Character(Unicode.Scalar(UInt8(random.below(256)))) })
      case 5: return (0..<random.below(4)).map { _ in value(depth + 1) }
      default:
        return Dictionary(
          (0..<random.below(4)).map { ("k\($0)", value(depth + 1)) }, uniquingKeysWith: { $1 })
      }
    }
    let bytes = Array(try JSONSerialization.data(withJSONObject: [value(0)], options: .prettyPrinted))
    try JSONSyntax.check(bytes)
    // Every text cut short is none.
    let cut = random.below(bytes.count - 1)
    #expect(throws: JSONSyntaxError.self, "seed \(seed), cut at \(cut)") {
      try JSONSyntax.check(Array(bytes[..<cut]))
    }
  }

  @Test func invalidUTF8IsNoJSON() {
    #expect(throws: APIError.self) {
      try StrictJSON.decode(AgentBody.self, from: Array(#"{"agent":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
    }
  }

  @Test func noBodyIsAnEmptyOne() throws {
    _ = try StrictJSON.decode(EmptyBody.self, from: [])
    #expect(try StrictJSON.decode(ReasonBody.self, from: []).reason == nil)
  }
}
