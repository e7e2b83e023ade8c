// The contact-center rules: each broken by hand, and kept by a plain day.
import HistoryChecker
import Testing

@Suite struct ContactCenterHistoryTests {
  private static func agent(_ name: String, command: String? = nil) -> JSONValue {
    command.map { ["agent": .string(name), "command": .string($0)] } ?? ["agent": .string(name)]
  }

  /// `i1` with ann, acknowledged step by step.
  private static func begun() -> Recording {
    var recording = Recording()
    recording.run(9, "sign-in", ["capacity": ["voice": 1]], gives: .null, key: "ann")
    recording.run(1, "create", ["channel": "voice", "command": "c1"], gives: .null, key: "i1")
    recording.run(2, "accept", agent("ann"), key: "i1")
    return recording
  }

  @Test func aWholeLifeIsAccepted() throws {
    var recording = Recording()
    recording.invoke(1, "create", ["channel": "voice", "command": "c1"], key: .null)
    recording.end(1, ["state": "waiting"], key: "i1")
    recording.run(2, "decline", Self.agent("bob"), key: "i1")
    recording.run(2, "accept", Self.agent("ann"), key: "i1")
    recording.run(3, "view", gives: ["state": "active", "agent": "ann"], key: "i1")
    recording.run(2, "complete", Self.agent("ann"), key: "i1")
    recording.run(3, "view", gives: ["state": "wrapUp", "agent": "ann"], key: "i1")
    recording.run(2, "finish-wrap-up", Self.agent("ann"), key: "i1")
    recording.run(4, "final", gives: ["state": "closed", "agents": [], "queues": []], key: "i1")
    recording.run(4, "state-of-agent", gives: ["slots": []], key: "ann")
    #expect(try recording.verdict(.contactCenter) == .ok)
  }

  @Test func twoAgentsCannotAcceptOne() throws {
    var recording = Self.begun()
    recording.run(3, "accept", Self.agent("bob"), key: "i1")
    #expect(try recording.rules(.contactCenter) == [.notLinearizable])
  }

  @Test func anotherAgentMayAcceptAfterARequeue() throws {
    var recording = Self.begun()
    recording.invoke(2, "requeue", Self.agent("ann"), key: "i1")
    recording.end(2, kind: .info)
    recording.run(3, "accept", Self.agent("bob"), key: "i1")
    #expect(try recording.verdict(.contactCenter) == .ok, "one of unknown outcome explains it as well")
    recording.run(4, "accept", Self.agent("eve"), key: "i1")
    #expect(try recording.rules(.contactCenter) == [.notLinearizable], "but only once")
  }

  @Test func anAbandonedInteractionIsNotAnswered() throws {
    var recording = Self.begun()
    recording.run(1, "abandon", key: "i1")
    #expect(try recording.rules(.contactCenter) == [.notLinearizable])
  }

  @Test func anAcknowledgedInteractionIsNotLost() throws {
    var recording = Self.begun()
    #expect(try recording.verdict(.contactCenter) == .ok, "nobody has looked yet")
    recording.run(1, "create", gives: .null, key: "i2")
    recording.run(4, "final", gives: ["state": "held", "agents": ["ann"]], key: "i1")
    #expect(try recording.rules(.contactCenter) == [.lost], "i2 was not seen")
    var asked = recording
    asked.invoke(4, "final", key: "i2")
    #expect(try asked.verdict(.contactCenter) == .ok, "nobody knows")
    recording.run(4, "final", gives: .null, key: "i2")
    #expect(try recording.rules(.contactCenter) == [.lost])
  }

  @Test func nothingComesFromNowhere() throws {
    var recording = Self.begun()
    recording.run(4, "final", gives: ["state": "held", "agents": ["ann"]], key: "i1")
    recording.run(4, "final", gives: ["state": "waiting"], key: "i2")
    #expect(try recording.rules(.contactCenter) == [.fromNowhere])
    recording.invoke(5, "create", key: .null)
    recording.end(5, kind: .info)
    #expect(try recording.verdict(.contactCenter) == .ok, "a create of unknown outcome may have made it")
  }

  @Test(
    arguments: [
      ["state": "waiting", "agents": ["ann"]], ["state": "waiting", "queues": ["a", "b"]],
      ["state": "waiting", "queues": []], ["state": "offered", "agents": []],
      ["state": "closed", "queues": ["a"]],
    ] as [JSONValue]) func anInteractionIsInOnePlace(_ seen: JSONValue) throws
  {
    var recording = Recording()
    recording.run(1, "create", key: "i1")
    recording.invoke(1, "abandon", key: "i1")
    recording.end(1, kind: .info)
    recording.run(4, "final", gives: seen, key: "i1")
    #expect(try recording.rules(.contactCenter) == [.notInOnePlace])
  }

  @Test func whatIsHeldByTwoIsInTwoPlaces() throws {
    var recording = Self.begun()
    recording.run(4, "final", gives: ["state": "held", "agents": ["ann", "bob"]], key: "i1")
    #expect(try recording.rules(.contactCenter) == [.notInOnePlace])
  }

  @Test func agentsAndInteractionsAgree() throws {
    var recording = Self.begun()
    recording.run(4, "final", gives: ["state": "held", "agents": ["ann"]], key: "i1")
    var denied = recording
    denied.run(4, "state-of-agent", gives: ["slots": []], key: "ann")
    #expect(try denied.rules(.contactCenter) == [.slotDenied])
    recording.run(4, "state-of-agent", gives: ["slots": ["i1"]], key: "ann")
    #expect(try recording.verdict(.contactCenter) == .ok)
    recording.run(4, "state-of-agent", gives: ["slots": ["i1"]], key: "bob")
    #expect(try recording.rules(.contactCenter) == [.slotDenied])
  }

  @Test func noAgentIsAboveCapacity() throws {
    var recording = Self.begun()
    recording.run(1, "create", ["channel": "voice"], key: "i2")
    var apart = recording
    apart.run(2, "complete", Self.agent("ann"), key: "i1")
    apart.run(2, "accept", Self.agent("ann"), key: "i2")
    #expect(try apart.verdict(.contactCenter) == .ok)
    var unclear = recording
    unclear.invoke(5, "complete", Self.agent("ann"), key: "i1")
    unclear.run(2, "accept", Self.agent("ann"), key: "i2")
    #expect(try unclear.verdict(.contactCenter) == .ok, "they do not certainly overlap")
    recording.run(2, "accept", Self.agent("ann"), key: "i2")
    #expect(try recording.rules(.contactCenter) == [.aboveCapacity])
  }

  @Test func channelsHaveTheirOwnCapacity() throws {
    var recording = Recording()
    recording.run(9, "sign-in", ["capacity": ["chat": 2, "voice": 1]], key: "ann")
    for (number, channel) in ["chat", "voice", "chat", "chat"].enumerated() {
      let id = JSONValue.string("i\(number)")
      recording.run(1, "create", ["channel": .string(channel)], key: id)
      #expect(try recording.verdict(.contactCenter) == .ok)
      recording.run(2, "accept", Self.agent("ann"), key: id)
    }
    let violations = try recording.violations(.contactCenter)
    #expect(violations.map(\.rule) == [.aboveCapacity])
    #expect(violations.first?.part.operations.map(\.key) == ["i0", "i2", "i3"])
  }

  @Test func aRetriedCommandHasOneEffect() throws {
    var recording = Recording()
    recording.invoke(1, "create", ["command": "c1"], key: .null)
    recording.end(1, kind: .info)
    recording.invoke(1, "create", ["command": "c1"], key: .null)
    recording.end(1, key: "i1")
    recording.invoke(2, "create", ["command": "c1"], key: .null)
    recording.end(2, key: "i1")
    recording.run(2, "accept", Self.agent("ann", command: "c2"), gives: ["place": 1], key: "i1")
    recording.run(2, "accept", Self.agent("ann", command: "c2"), gives: ["place": 1], key: "i1")
    #expect(try recording.verdict(.contactCenter) == .ok)
    var twice = recording
    twice.invoke(1, "create", ["command": "c1"], key: .null)
    twice.end(1, key: "i2")
    #expect(try twice.rules(.contactCenter) == [.commandTwice])
    recording.run(2, "accept", Self.agent("ann", command: "c2"), gives: ["place": 2], key: "i1")
    #expect(try recording.rules(.contactCenter) == [.commandTwice])
  }

  @Test(
    arguments: [
      ([1, 2, 3], []), ([5, 6], []), ([1, 2, 2], [.deliveredTwice]), ([1, 3], [.deliveryMissing]),
      ([2, 1], [.deliveredOutOfOrder]), ([1, 2, 1], [.deliveredTwice, .deliveredOutOfOrder]),
    ] as [([Int64], [Violation.Rule])]) func messagesComeOnceAndInOrder(
      _ numbers: [Int64], _ rules: [Violation.Rule]
    ) throws
  {
    var recording = Recording()
    for number in numbers { recording.run(1, "deliver", .integer(number), key: "a>b") }
    recording.run(1, "deliver", 40, key: "a>c")
    #expect(try recording.rules(.contactCenter) == rules)
  }

  @Test func aDeliveryOfUnknownOutcomeFillsAGap() throws {
    var recording = Recording()
    recording.run(1, "deliver", 1)
    recording.invoke(1, "deliver", 2)
    recording.end(1, kind: .info)
    recording.run(1, "deliver", 3)
    #expect(try recording.verdict(.contactCenter) == .ok)
  }

  /// Days that are right by construction: agents take interactions in turn, some answers are lost, commands are retried.
  @Test func randomDaysAreAccepted() throws {
    for seed in 0..<200 as Range<UInt64> {
      let day = ContactCenterDay(seed: seed)
      let report = try HistoryCheck.run(records: day.records, model: .contactCenter)
      #expect(report.verdict == .ok, "seed \(seed): \(report.text)")
    }
  }

  /// The same days with one thing made wrong.
  @Test func changedDaysAreRefused() throws {
    for seed in 0..<200 as Range<UInt64> {
      for fault in ContactCenterDay.Fault.allCases {
        let day = ContactCenterDay(seed: seed, fault: fault)
        guard day.isFaulty else { continue }
        let report = try HistoryCheck.run(records: day.records, model: .contactCenter)
        #expect(report.word == "violated", "seed \(seed), \(fault)")
      }
    }
  }
}
