// What others rely on: method names, events, read models, limits of inputs, rows.
import ActorCluster
import CBOR
import ContactCenter
import NodeStore
import Testing

@Suite("Contract")
struct ContractTests {
  @Test("method and type names are as they were")
  func names() {
    #expect(
      Interaction.actorType == "interaction" && WorkQueue.actorType == "queue" && Agent.actorType == "agent")
    #expect(
      Interaction.methods.methods.keys.sorted() == [
        "abandon", "accept", "complete", "create", "decline", "finishWrapUp", "offerExpired", "reserved",
        "view",
        "wrapUpExpired",
      ])
    #expect(
      WorkQueue.methods.methods.keys.sorted() == [
        "agentChanged", "configure", "enqueue", "left", "reservationRefused", "status", "withdraw",
      ])
    #expect(
      Agent.methods.methods.keys.sorted() == [
        "answered", "release", "reserve", "setNotReady", "setReady", "signIn", "signOut", "view",
      ])
  }

  @Test("an offer, as streams show it")
  func publicOffer() throws {
    var live = LiveActor(interaction: "i")
    try live.send(
      "create", CreateInteraction(channel: .chat, queue: "q", priority: 2, customer: "c"), at: 100)
    let created = try #require(
      publicEvent(actor: live.key, event: live.lastEvents[0], at: PartitionTime(milliseconds: 100)))
    #expect(created.kind == .interactionWaiting && created.change == "created" && created.customer == "c")
    try live.send("reserved", Reserved(agent: "ann", queue: "q", place: 1), at: 200)
    let event = try #require(
      publicEvent(actor: live.key, event: live.lastEvents[0], at: PartitionTime(milliseconds: 200)))
    #expect(event.kind == .interactionOffered && event.atMs == 200 && event.arrivedMs == 100)
    #expect(event.interaction == "i" && event.queue == "q" && event.agent == "ann")
    #expect(event.channel == .chat && event.place == 1 && event.priority == 2)
    #expect(publicEvent(actor: live.key, event: 7, at: PartitionTime(milliseconds: 0)) == nil)
  }

  @Test("read-model rows fit their tables, and name every column")
  func readModels() throws {
    var interaction = InteractionState(id: "i")
    var live = LiveActor(interaction: "i")
    try live.send("create", CreateInteraction(channel: .chat, queue: "q"), at: 100)
    var changes = interaction.apply(live.lastEvents[0], at: PartitionTime(milliseconds: 100)).readModel
    var agent = AgentState(id: "a")
    changes += agent.apply(.ready, at: PartitionTime(milliseconds: 1)).readModel
    var queue = WorkQueueState(id: "q")
    changes += queue.apply(.configured(QueueSettings()), at: PartitionTime(milliseconds: 1)).readModel
    #expect(changes.map(\.table) == ReadModels.tables.map(\.name))
    for (change, table) in zip(changes, ReadModels.tables) {
      let columns = try #require(change.columns)
      #expect(columns.keys.sorted() == table.columns.map(\.name).sorted())
      for column in table.columns {
        switch (try #require(columns[column.name]), column.kind) {
        case (.null, _), (.text, .text), (.integer, .integer), (.real, .real): break
        case (let value, _): Issue.record("\(table.name).\(column.name) is \(value)")
        }
      }
    }
  }

  @Test("a row that cannot be read is refused in words")
  func damagedRows() {
    let damaged = StateRow(key: "", value: [0xFF])
    let unknown = StateRow(key: "z/1", value: [0xA0])
    #expect(throws: (any Error).self) { try InteractionState(id: "i", rows: [damaged]) }
    #expect(throws: (any Error).self) { try AgentState(id: "a", rows: [unknown]) }
    #expect(throws: (any Error).self) { try WorkQueueState(id: "q", rows: [unknown]) }
    let error = #expect(throws: (any Error).self) {
      try WorkQueueState(id: "q", rows: [StateRow(key: "w/1", value: [])])
    }
    #expect(error.map { "\($0)".contains("row 'w/1' of queue/q") } == true)
  }

  @Test("inputs out of their limits are refused with the field's name")
  func limits() throws {
    let long = String(repeating: "x", count: 257)
    let base = CreateInteraction(channel: .voice, queue: "q")
    let creations: [(String, (inout CreateInteraction) -> Void)] = [
      ("queue", { $0.queue = "" }), ("queue", { $0.queue = long }), ("queue", { $0.queue = "a\nb" }),
      ("priority", { $0.priority = 10 }), ("priority", { $0.priority = -1 }),
      ("customer", { $0.customer = long }),
      ("offerTimeoutMs", { $0.offerTimeoutMs = 999 }), ("offerTimeoutMs", { $0.offerTimeoutMs = 86_400_001 }),
      ("wrapUpMs", { $0.wrapUpMs = 1 }), ("wrapUpMs", { $0.wrapUpMs = .max }),
      ("attributes", { $0.attributes = ["": "x"] }),
      ("attributes", { $0.attributes = ["x": String(repeating: "x", count: 16 * 1024)] }),
      ("attributes", { $0.attributes = Dictionary(uniqueKeysWithValues: (0..<65).map { ("\($0)", "") }) }),
    ]
    for (field, change) in creations {
      var request = base
      change(&request)
      expectInvalid(field) {
        var live = LiveActor(interaction: "i")
        try live.send("create", request, at: 1)
      }
    }
    expectInvalid("interaction") {
      var live = LiveActor(interaction: long)
      try live.send("create", base, at: 1)
    }
    let signIns: [(String, SignIn)] = [
      ("queues", SignIn(queues: [])), ("queues", SignIn(queues: [""])),
      ("queues", SignIn(queues: (0..<65).map { "q\($0)" })),
      ("skills", SignIn(queues: ["q"], skills: [long])),
      ("capacity.chat", SignIn(queues: ["q"], capacity: [.chat: 101])),
      ("capacity.voice", SignIn(queues: ["q"], capacity: [.voice: -1])),
      ("missesBeforeNotReady", SignIn(queues: ["q"], missesBeforeNotReady: 0)),
    ]
    for (field, signIn) in signIns {
      expectInvalid(field) {
        var live = LiveActor(agent: "a")
        try live.send("signIn", signIn, at: 1)
      }
    }
    expectInvalid("limit") {
      var live = LiveActor(queue: "q")
      try live.send("configure", QueueSettings(limit: 0), at: 1)
    }
  }

  @Test("what has a default may be left out")
  func defaults() throws {
    func decoded<Value: Decodable>(_ fields: [String: String], as type: Value.Type = Value.self) throws
      -> Value
    {
      try CBORDecoder().decode(type, from: try CBOREncoder().encode(fields))
    }
    #expect(
      try CBORDecoder().decode(SignIn.self, from: try CBOREncoder().encode(["queues": ["q"]]))
        == SignIn(queues: ["q"]))
    #expect(try decoded(["channel": "chat", "queue": "q"]) == CreateInteraction(channel: .chat, queue: "q"))
    #expect(try decoded(["requiredSkill": "s"]) == QueueSettings(requiredSkill: "s"))
    #expect(try decoded([:]) == Abandon())
    #expect(try decoded([:]) == SetNotReady())
  }

  @Test("refusals keep their codes, survive the wire, and say what is wrong")
  func refusals() throws {
    let all: [(ContactCenterRefusal, String)] = [
      (.unknownInteraction("i"), "unknown_interaction"), (.alreadyExists("i"), "already_exists"),
      (.notOffered(to: "a", state: .waiting, holder: nil), "not_offered"),
      (.alreadyAnswered(by: "a"), "already_answered"),
      (.notHeld(by: "a", state: .active, holder: "b"), "not_held"),
      (.notWaiting(state: .active), "not_waiting"),
      (.closed(.completed), "closed"), (.notSignedIn("a"), "not_signed_in"),
      (.capacityInUse(channel: .voice, held: 1), "capacity_in_use"),
      (.invalid(field: "f", why: "is bad"), "invalid"),
    ]
    for (refusal, code) in all {
      #expect(refusal.code == code && !refusal.description.isEmpty)
      let again = try CBORDecoder().decode(ContactCenterRefusal.self, from: try CBOREncoder().encode(refusal))
      #expect(again == refusal)
    }
  }

  private func expectInvalid(_ field: String, _ body: () throws -> Void) {
    do {
      try body()
      Issue.record("\(field) was accepted")
    } catch let refusal as ContactCenterRefusal {
      guard case .invalid(field, _) = refusal else {
        Issue.record("\(field): refused as \(refusal)")
        return
      }
    } catch {
      Issue.record("\(field): \(error)")
    }
  }
}
