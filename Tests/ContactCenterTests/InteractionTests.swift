// The rules of an interaction, one by one.
import ActorCluster
import ContactCenter
import Testing

@Suite("Interaction")
struct InteractionTests {
  private typealias Live = LiveActor<InteractionState>

  private let request = CreateInteraction(
    channel: .voice, queue: "sales", priority: 3, customer: "c", offerTimeoutMs: 5_000, wrapUpMs: 10_000)

  /// An interaction offered to ann at 200.
  private func offered(wrapUpMs: Int64 = 10_000) throws -> Live {
    var live = Live(interaction: "i")
    var request = request
    request.wrapUpMs = wrapUpMs
    try live.send("create", request, at: 100)
    try live.send("reserved", Reserved(agent: "ann", queue: "sales", place: 1), at: 200)
    return live
  }

  private func methods(_ effects: Effects) -> [String] { effects.messages.map { "\($0.to) \($0.method)" } }

  @Test("is created in line, once")
  func created() throws {
    var live = Live(interaction: "i")
    let (view, effects) = try live.call("create", request, at: 100, returning: InteractionView.self)
    #expect(
      view.state == .waiting && view.place == 1 && view.arrivedAt.milliseconds == 100 && view.priority == 3)
    #expect(methods(effects) == ["queue/sales enqueue"])
    let enqueue = try #require(effects.messages.first).decoded(Enqueue.self)
    #expect(
      enqueue
        == Enqueue(
          interaction: "i", place: 1, channel: .voice, priority: 3,
          arrivedAt: PartitionTime(milliseconds: 100)))
    #expect(throws: ContactCenterRefusal.alreadyExists("i")) { try live.send("create", request, at: 101) }
  }

  @Test("a reservation for its place is an offer, with a timer, and the queue forgets it")
  func offer() throws {
    var live = Live(interaction: "i")
    try live.send("create", request, at: 100)
    let effects = try live.send("reserved", Reserved(agent: "ann", queue: "sales", place: 1), at: 200)
    #expect(methods(effects) == ["queue/sales left"])
    guard case .put(let name, let at, let method, _) = try #require(effects.timers.first) else {
      Issue.record("no timer is set")
      return
    }
    #expect(name == "offer" && at.milliseconds == 5_200 && method == "offerExpired")
    #expect(live.state.record?.stage == .offered(agent: "ann"))
  }

  @Test(
    "any other reservation is void",
    arguments: [
      Reserved(agent: "bob", queue: "sales", place: 1), Reserved(agent: "bob", queue: "sales", place: 2),
      Reserved(agent: "bob", queue: "other", place: 2),
    ])
  func void(reservation: Reserved) throws {
    var live = try offered()
    let before = live.state
    let effects = try live.send("reserved", reservation, at: 300)
    #expect(methods(effects) == ["agent/bob release"])
    let release = try #require(effects.messages.first).decoded(Release.self)
    #expect(release == Release(interaction: "i", place: reservation.place, reason: .void))
    #expect(live.state == before && effects.timers.isEmpty)
  }

  @Test("a reservation that reaches an id that was never created is void")
  func unborn() throws {
    var live = Live(interaction: "i")
    let effects = try live.send("reserved", Reserved(agent: "bob", queue: "sales", place: 1), at: 300)
    #expect(methods(effects) == ["agent/bob release"])
    #expect(throws: ContactCenterRefusal.unknownInteraction("i")) {
      try live.send("view", ViewInteraction(), at: 300)
    }
  }

  @Test("is answered by the agent it is offered to, and by nobody else")
  func accept() throws {
    var live = try offered()
    #expect(throws: ContactCenterRefusal.notOffered(to: "bob", state: .offered, holder: "ann")) {
      try live.send("accept", Accept(agent: "bob"), at: 300)
    }
    let (view, effects) = try live.call(
      "accept", Accept(agent: "ann"), at: 400, returning: InteractionView.self)
    #expect(view.state == .active && view.answers == 1 && view.answeredAt?.milliseconds == 400)
    #expect(view.offeredAt?.milliseconds == 200)
    #expect(methods(effects) == ["agent/ann answered"] && effects.timers == [.cancel(name: "offer")])
    #expect(throws: ContactCenterRefusal.alreadyAnswered(by: "ann")) {
      try live.send("accept", Accept(agent: "ann"), at: 500)
    }
    #expect(throws: ContactCenterRefusal.alreadyAnswered(by: "ann")) {
      try live.send("decline", Decline(agent: "ann"), at: 500)
    }
    #expect(throws: ContactCenterRefusal.notWaiting(state: .active)) {
      try live.send("abandon", Abandon(), at: 500)
    }
  }

  @Test("missed or declined, it keeps its priority and arrival, under the next place number")
  func requeued() throws {
    for missed in [true, false] {
      var live = try offered()
      let effects =
        missed
        ? try live.send("offerExpired", Expiry(place: 1), at: 5_200)
        : try live.send("decline", Decline(agent: "ann"), at: 5_200)
      #expect(methods(effects) == ["agent/ann release", "queue/sales enqueue"])
      let release = try effects.messages[0].decoded(Release.self)
      #expect(release.reason == (missed ? .missed : .declined) && release.place == 1)
      let enqueue = try effects.messages[1].decoded(Enqueue.self)
      #expect(enqueue.place == 2 && enqueue.priority == 3 && enqueue.arrivedAt.milliseconds == 100)
      #expect(live.state.record?.stage == .waiting)
      // What names the old place is void now.
      #expect(try live.send("offerExpired", Expiry(place: 1), at: 5_300).messages.isEmpty)
      #expect(
        try methods(live.send("reserved", Reserved(agent: "bob", queue: "sales", place: 1), at: 5_300)) == [
          "agent/bob release"
        ])
    }
  }

  @Test("an offer's end that comes after the answer is void")
  func lateExpiry() throws {
    var live = try offered()
    try live.send("accept", Accept(agent: "ann"), at: 300)
    let effects = try live.send("offerExpired", Expiry(place: 1), at: 5_200)
    #expect(effects.messages.isEmpty && live.lastEvents.isEmpty)
    #expect(live.state.record?.stage == .active(agent: "ann"))
  }

  @Test("completed, it is wrapped up until its agent or its timer ends that")
  func wrapUp() throws {
    for byTimer in [true, false] {
      var live = try offered()
      try live.send("accept", Accept(agent: "ann"), at: 300)
      #expect(throws: ContactCenterRefusal.notHeld(by: "bob", state: .active, holder: "ann")) {
        try live.send("complete", Complete(agent: "bob"), at: 400)
      }
      let effects = try live.send("complete", Complete(agent: "ann", disposition: "sold"), at: 400)
      #expect(effects.messages.isEmpty && effects.timers.count == 1)
      #expect(live.state.record?.stage == .wrapUp(agent: "ann"))
      let end =
        byTimer
        ? try live.send("wrapUpExpired", Expiry(place: 1), at: 10_400)
        : try live.send("finishWrapUp", FinishWrapUp(agent: "ann"), at: 500)
      #expect(methods(end) == ["agent/ann release"])
      #expect(try end.messages[0].decoded(Release.self).reason == .finished)
      let view = try live.call("view", ViewInteraction(), at: 0, returning: InteractionView.self).reply
      #expect(view.state == .closed && view.outcome == .completed && view.agent == "ann")
      #expect(view.disposition == "sold" && view.endedAt?.milliseconds == 400)
      #expect(view.closedAt?.milliseconds == (byTimer ? 10_400 : 500))
      #expect(throws: ContactCenterRefusal.closed(.completed)) {
        try live.send("accept", Accept(agent: "ann"), at: 600)
      }
      #expect(try live.send("wrapUpExpired", Expiry(place: 1), at: 11_000).messages.isEmpty)
    }
  }

  @Test("without wrap-up, completing closes it")
  func noWrapUp() throws {
    var live = try offered(wrapUpMs: 0)
    try live.send("accept", Accept(agent: "ann"), at: 300)
    let effects = try live.send("complete", Complete(agent: "ann", disposition: "sold"), at: 400)
    #expect(methods(effects) == ["agent/ann release"] && effects.timers.isEmpty)
    #expect(live.state.record?.stage == .closed(.completed, agent: "ann"))
    #expect(live.state.record?.disposition == "sold")
  }

  @Test("abandoned in line it tells the queue, while it rings it tells the agent")
  func abandon() throws {
    var waiting = Live(interaction: "i")
    try waiting.send("create", request, at: 100)
    #expect(
      try methods(waiting.send("abandon", Abandon(reason: "tired"), at: 150)) == ["queue/sales withdraw"])
    #expect(waiting.state.record?.stage == .closed(.abandoned, agent: nil))

    var ringing = try offered()
    let effects = try ringing.send("abandon", Abandon(), at: 250)
    #expect(methods(effects) == ["agent/ann release"] && effects.timers == [.cancel(name: "offer")])
    #expect(try effects.messages[0].decoded(Release.self).reason == .abandoned)
    #expect(throws: ContactCenterRefusal.closed(.abandoned)) {
      try ringing.send("accept", Accept(agent: "ann"), at: 300)
    }
  }
}
