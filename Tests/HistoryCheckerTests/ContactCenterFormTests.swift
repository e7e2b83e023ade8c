// Contact-center histories that say too little or nonsense are refused with their line; they are never found "ok".
import HistoryChecker
import Testing

@Suite struct ContactCenterFormTests {
  private static func ann() -> Recording {
    var recording = Recording()
    recording.run(1, "create", ["channel": "voice"], key: "i1")
    recording.run(2, "accept", ["agent": "ann"], key: "i1")
    return recording
  }

  private static func problem(_ recording: Recording) -> HistoryError? {
    #expect(throws: HistoryError.self) { try recording.verdict(.contactCenter) }
  }

  @Test func aLossThatWasSeenIsNotUndoneByALookWithoutAnswer() throws {
    var recording = Recording()
    recording.run(1, "create", key: "i1")
    recording.run(4, "final", gives: .null, key: "i1")
    recording.invoke(4, "final", key: "i1")
    recording.end(4, kind: .info)
    #expect(try recording.rules(.contactCenter) == [.lost])
    recording.run(5, "final", gives: ["state": "waiting"], key: "i1")
    #expect(try recording.verdict(.contactCenter) == .ok, "the last answer counts")
  }

  @Test(
    arguments: [
      ["slot": ["i1"]], .null, ["slots": "i1"], ["slots": [["i1"]]], ["slots": nil],
    ] as [JSONValue]) func slotsMustBeTold(_ result: JSONValue) throws
  {
    var recording = Self.ann()
    recording.run(4, "state-of-agent", gives: result, key: "ann")
    let error = Self.problem(recording)
    #expect(error?.line == 6)
    #expect(error?.description.contains("\"slots\"") == true, "\(error?.description ?? "")")
  }

  @Test(
    arguments: [
      ("accept", ["agent": "ann"]), ("decline", ["agent": "ann"]), ("abandon", .null), ("view", .null),
      ("final", .null), ("deliver", 1), ("sign-in", ["capacity": 1]), ("state-of-agent", .null),
    ] as [(String, JSONValue)]) func everyOperationNamesItsKey(_ function: String, _ value: JSONValue) throws
  {
    var recording = Self.ann()
    recording.invoke(3, function, value, key: .null)
    let error = Self.problem(recording)
    #expect(error?.line == 5)
    #expect(error?.description.contains("\"key\" must be") == true, "\(error?.description ?? "")")
  }

  @Test func aCreateWithAnAnswerNamesItsKey() throws {
    var recording = Recording()
    recording.invoke(1, "create", key: .null)
    #expect(try recording.verdict(.contactCenter) == .ok, "nobody was told")
    recording.end(1)
    #expect(Self.problem(recording)?.line == 2)
  }

  @Test func anAgentIsAText() {
    var recording = Recording()
    recording.run(1, "sign-in", ["capacity": 1], key: 7)
    #expect(Self.problem(recording)?.description.contains("the agent, a text") == true)
  }

  @Test func noAgentIsSaidByNull() throws {
    var recording = Self.ann()
    var unsaid = recording
    unsaid.run(4, "final", gives: ["state": "held"], key: "i1")
    #expect(try unsaid.verdict(.contactCenter) == .ok)
    recording.run(4, "final", gives: ["state": "held", "agent": nil], key: "i1")
    #expect(try recording.rules(.contactCenter) == [.notInOnePlace])
  }

  @Test(
    arguments: [
      ["state": "held", "agents": nil], ["state": "held", "agents": "ann"], ["state": "held", "queues": nil],
      ["state": "held", "agents": [1]], ["state": "held", "agent": "ann", "agents": ["bob"]],
      ["state": "lost"], "held",
    ] as [JSONValue]) func whatIsSeenHasAForm(_ seen: JSONValue) throws
  {
    var recording = Self.ann()
    recording.run(4, "final", gives: seen, key: "i1")
    #expect(Self.problem(recording)?.line == 6)
  }

  @Test(
    arguments: [
      ["capacity": ["voice": "two"]], ["capacity": ["voice": .real(1.5)]], ["capacity": "two"],
      ["capacity": nil], .null,
    ] as [JSONValue]) func aCapacityIsAnInteger(_ argument: JSONValue)
  {
    var recording = Recording()
    recording.run(1, "sign-in", argument, key: "ann")
    let error = Self.problem(recording)
    #expect(error?.line == 1 && error?.description.contains("\"capacity\"") == true)
  }

  @Test(arguments: [["channel": 5], "voice"] as [JSONValue])
  func aChannelIsAText(_ argument: JSONValue) {
    var recording = Recording()
    recording.run(1, "create", argument, key: "i1")
    #expect(Self.problem(recording)?.line == 1)
  }

  /// Either sign-in may be the one in force.
  @Test func theLargerOfTwoKindsOfCapacityCounts() throws {
    var recording = Recording()
    recording.run(9, "sign-in", ["capacity": 1], key: "ann")
    recording.run(9, "sign-in", ["capacity": ["voice": 3]], key: "ann")
    func accept(_ number: Int, _ channel: String, _ recording: inout Recording) {
      let id = JSONValue.string("i\(number)")
      recording.run(1, "create", ["channel": .string(channel)], key: id)
      recording.run(2, "accept", ["agent": "ann"], key: id)
    }
    for number in 0..<3 { accept(number, "voice", &recording) }
    #expect(try recording.verdict(.contactCenter) == .ok)
    var other = recording
    accept(3, "voice", &recording)
    #expect(try recording.rules(.contactCenter) == [.aboveCapacity])
    accept(3, "chat", &other)
    #expect(
      try other.rules(.contactCenter) == [.aboveCapacity], "four at once is more than any sign-in allows")
  }

  @Test func interactionsOfNoKnownChannelAreCountedTogether() throws {
    var recording = Recording()
    recording.run(9, "sign-in", ["capacity": ["chat": 1, "voice": 1]], key: "ann")
    for id in ["i1", "i2"] as [JSONValue] {
      recording.run(1, "create", key: id)
      recording.run(2, "accept", ["agent": "ann"], key: id)
    }
    #expect(try recording.verdict(.contactCenter) == .ok)
    recording.run(1, "create", key: "i3")
    recording.run(2, "accept", ["agent": "ann"], key: "i3")
    #expect(try recording.rules(.contactCenter) == [.aboveCapacity])
  }

  @Test func numbersMayLieFarApart() throws {
    var recording = Recording()
    recording.run(1, "deliver", .integer(.min), key: "a>b")
    recording.run(1, "deliver", .integer(.max), key: "a>b")
    #expect(try recording.rules(.contactCenter) == [.deliveryMissing])
  }

  @Test func agentsAndCommandsAreComparedAsTheyAre() throws {
    var recording = Recording()
    recording.run(1, "create", key: "i1")
    recording.run(2, "accept", ["agent": "Zo\u{EB}", "command": 1], key: "i1")
    recording.run(4, "final", gives: ["state": "held", "agents": ["Zo\u{EB}"]], key: "i1")
    var other = recording
    other.run(4, "state-of-agent", gives: ["slots": ["i1"]], key: "Zoe\u{308}")
    #expect(try other.rules(.contactCenter) == [.slotDenied])
    recording.run(2, "accept", ["agent": "Zo\u{EB}", "command": 1], gives: 2, key: "i1")
    #expect(try recording.rules(.contactCenter) == [.commandTwice])
  }
}
