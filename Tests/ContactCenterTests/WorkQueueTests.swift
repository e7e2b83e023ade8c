// The rules of a queue, one by one.
import ActorCluster
import ContactCenter
import Testing

@Suite("WorkQueue")
struct WorkQueueTests {
  private typealias Live = LiveActor<WorkQueueState>

  private func enqueue(
    _ id: String, place: Int = 1, _ channel: Channel = .voice, priority: Int = 0, arrived: Int64
  ) -> Enqueue {
    Enqueue(
      interaction: id, place: place, channel: channel, priority: priority,
      arrivedAt: PartitionTime(milliseconds: arrived))
  }

  private func report(
    _ agent: String, _ version: UInt64, free: [Channel: Int], idle: Int64 = 0, skills: [String] = [],
    signedIn: Bool = true, settled: ReservationKey? = nil
  ) -> AgentReport {
    AgentReport(
      agent: agent, version: version, signedIn: signedIn, skills: skills, free: free,
      idleSince: PartitionTime(milliseconds: idle), settled: settled)
  }

  /// `agent interaction` of each reservation asked for, in order.
  private func asked(_ effects: Effects) throws -> [String] {
    try effects.messages.map { "\($0.to.id) \(try $0.decoded(Reserve.self).interaction)" }
  }

  @Test("serves by priority, then arrival, then id; an agent takes as many as it has room for")
  func order() throws {
    var live = Live(queue: "q")
    try live.send("enqueue", enqueue("late", arrived: 30), at: 100)
    try live.send("enqueue", enqueue("b", arrived: 20), at: 100)
    try live.send("enqueue", enqueue("a", arrived: 20), at: 100)
    try live.send("enqueue", enqueue("vip", priority: 9, arrived: 40), at: 100)
    try live.send("enqueue", enqueue("chat", .chat, arrived: 1), at: 100)
    #expect(
      try asked(live.send("agentChanged", report("x", 1, free: [.voice: 3]), at: 200)) == [
        "x vip", "x a", "x b",
      ])
    #expect(try asked(live.send("agentChanged", report("y", 1, free: [.voice: 3]), at: 200)) == ["y late"])
    #expect(try asked(live.send("agentChanged", report("z", 1, free: [.email: 3]), at: 200)) == [])
  }

  @Test("a new entry goes to the agent idle longest, and work goes around")
  func longestIdle() throws {
    var live = Live(queue: "q")
    try live.send("agentChanged", report("c", 1, free: [.chat: 2], idle: 10), at: 100)
    try live.send("agentChanged", report("b", 1, free: [.chat: 2], idle: 5), at: 100)
    try live.send("agentChanged", report("a", 1, free: [.chat: 2], idle: 10), at: 100)
    var order: [String] = []
    for index in 0..<6 {
      order += try asked(
        live.send("enqueue", enqueue("i\(index)", .chat, arrived: 50), at: 200 + Int64(index)))
    }
    #expect(order == ["b i0", "a i1", "c i2", "b i3", "a i4", "c i5"])
    #expect(try asked(live.send("enqueue", enqueue("i6", .chat, arrived: 50), at: 300)) == [])
  }

  @Test("never asks for more than the agent told of, whatever report is on its way")
  func outstanding() throws {
    var live = Live(queue: "q")
    try live.send("agentChanged", report("a", 1, free: [.voice: 1]), at: 100)
    #expect(try asked(live.send("enqueue", enqueue("i", arrived: 1), at: 110)) == ["a i"])
    // Sent before the reservation reached the agent.
    try live.send("agentChanged", report("a", 2, free: [.voice: 1], skills: ["new"]), at: 120)
    #expect(try asked(live.send("enqueue", enqueue("j", arrived: 2), at: 130)) == [])
    // The agent has taken i and was freed of it again.
    let key = ReservationKey(interaction: "i", place: 1)
    #expect(try asked(live.send("agentChanged", report("a", 3, free: [:], settled: key), at: 140)) == [])
    #expect(try asked(live.send("agentChanged", report("a", 4, free: [.voice: 1]), at: 150)) == ["a j"])
  }

  @Test("a refused entry is back at its place, and goes to the next agent")
  func refused() throws {
    var live = Live(queue: "q")
    try live.send("agentChanged", report("a", 1, free: [.voice: 1], idle: 1), at: 100)
    try live.send("enqueue", enqueue("first", arrived: 1), at: 110)
    try live.send("enqueue", enqueue("second", arrived: 2), at: 120)
    let refused = ReservationRefused(
      interaction: "first", place: 1, report: report("a", 2, free: [:], signedIn: false))
    #expect(try asked(live.send("reservationRefused", refused, at: 130)) == [])
    #expect(live.state.agents.isEmpty && live.state.reserving == 0)
    #expect(try asked(live.send("agentChanged", report("b", 1, free: [.voice: 1]), at: 140)) == ["b first"])

    try live.send("agentChanged", report("c", 1, free: [.chat: 1]), at: 150)
    try live.send("agentChanged", report("d", 1, free: [.voice: 0, .chat: 1], idle: 9), at: 150)
    #expect(try asked(live.send("enqueue", enqueue("chat", .chat, arrived: 3), at: 160)) == ["c chat"])
    let busy = ReservationRefused(interaction: "chat", place: 1, report: report("c", 2, free: [:]))
    #expect(try asked(live.send("reservationRefused", busy, at: 170)) == ["d chat"])
  }

  @Test("a refusal for an entry that left meanwhile only settles the reservation")
  func refusedAfterLeaving() throws {
    var live = Live(queue: "q")
    try live.send("agentChanged", report("a", 1, free: [.voice: 1]), at: 100)
    try live.send("enqueue", enqueue("i", arrived: 1), at: 110)
    try live.send("withdraw", Departure(interaction: "i", place: 1), at: 120)
    #expect(live.state.agents["a"]?.open(.voice) == 0)
    try live.send("enqueue", enqueue("j", arrived: 2), at: 125)
    let refused = ReservationRefused(interaction: "i", place: 1, report: report("a", 2, free: [:]))
    #expect(try asked(live.send("reservationRefused", refused, at: 130)) == [])
    #expect(live.state.entries.keys.sorted() == ["j"] && live.state.agents["a"]?.outstanding == [])
  }

  @Test("a returning entry gets in line where it was")
  func requeued() throws {
    var live = Live(queue: "q")
    for index in 1...3 { try live.send("enqueue", enqueue("i\(index)", arrived: Int64(index)), at: 100) }
    try live.send("left", Departure(interaction: "i1", place: 1), at: 110)
    try live.send("enqueue", enqueue("i1", place: 2, arrived: 1), at: 120)
    // What names a place that is over changes nothing.
    try live.send("left", Departure(interaction: "i1", place: 1), at: 130)
    try live.send("enqueue", enqueue("i1", place: 1, arrived: 1), at: 130)
    #expect(
      live.state.line.next(9, of: .voice) == ["i1", "i2", "i3"] && live.state.entries["i1"]?.place == 2)
  }

  @Test("a required skill decides who is eligible, also when it changes")
  func skill() throws {
    var live = Live(queue: "q")
    try live.send("configure", QueueSettings(requiredSkill: "gold", limit: 5), at: 90)
    try live.send("agentChanged", report("a", 1, free: [.voice: 1], skills: ["silver"]), at: 100)
    #expect(try asked(live.send("enqueue", enqueue("i", arrived: 1), at: 110)) == [])
    #expect(try asked(live.send("enqueue", enqueue("j", arrived: 2), at: 110)) == [])
    #expect(
      try asked(live.send("agentChanged", report("g", 1, free: [.voice: 1], skills: ["gold"]), at: 120)) == [
        "g i"
      ])
    #expect(try asked(live.send("configure", QueueSettings(requiredSkill: "silver"), at: 130)) == ["a j"])
    #expect(try asked(live.send("configure", QueueSettings(), at: 140)) == [])
  }

  @Test("a stale report is ignored")
  func stale() throws {
    var live = Live(queue: "q")
    try live.send("agentChanged", report("a", 5, free: [:]), at: 100)
    try live.send("enqueue", enqueue("i", arrived: 1), at: 110)
    #expect(try asked(live.send("agentChanged", report("a", 4, free: [.voice: 1]), at: 120)) == [])
    #expect(live.state.agents["a"]?.version == 5)
  }

  @Test("the status counts what waits and who works")
  func status() throws {
    var live = Live(queue: "q")
    try live.send("configure", QueueSettings(limit: 3), at: 90)
    try live.send("agentChanged", report("a", 1, free: [.voice: 1]), at: 100)
    try live.send("agentChanged", report("b", 1, free: [:]), at: 100)
    for (index, channel) in [Channel.voice, .voice, .chat].enumerated() {
      try live.send(
        "enqueue", enqueue("i\(index)", channel, priority: index, arrived: 100 + Int64(index)), at: 200)
    }
    let status = try live.call("status", ViewQueue(), at: 301, returning: QueueStatus.self).reply
    #expect(status.waiting == [.voice: 1, .chat: 1] && status.waitingTotal == 2 && status.reserving == 1)
    #expect(status.longestWaitMs == 200 && status.agentsSignedIn == 2 && status.agentsAvailable == 0)
    #expect(!status.hasRoom)
  }

  @Test("a small event changes few rows, however long the line")
  func fewRows() throws {
    var state = WorkQueueState(id: "q")
    for index in 0..<2_000 {
      _ = state.apply(
        .enqueued(
          QueueEnqueued(enqueue("i\(index)", priority: index % 10, arrived: Int64(index)))),
        at: PartitionTime(milliseconds: 0))
    }
    let changes = state.apply(
      .reported(report("a", 1, free: [.voice: 1])), at: PartitionTime(milliseconds: 0))
    #expect(changes.rows.count == 1 && changes.readModel.count == 1)
    let left = state.apply(
      .left(QueueLeft(Departure(interaction: "i77", place: 1), abandoned: true)),
      at: PartitionTime(milliseconds: 0))
    #expect(left.rows == [.delete(key: "w/i77")])
  }
}
