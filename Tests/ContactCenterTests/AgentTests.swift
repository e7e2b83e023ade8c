// The rules of an agent, one by one.
import ActorCluster
import ContactCenter
import Testing

@Suite("Agent")
struct AgentTests {
  private typealias Live = LiveActor<AgentState>

  private func ready(_ capacity: [Channel: Int] = [.voice: 1], queues: [String] = ["sales"]) throws -> Live {
    var live = Live(agent: "ann")
    try live.send("signIn", SignIn(queues: queues, skills: ["gold"], capacity: capacity), at: 100)
    try live.send("setReady", SetReady(), at: 200)
    return live
  }

  private func reserve(_ id: String, place: Int = 1, queue: String = "sales", _ channel: Channel = .voice)
    -> Reserve
  {
    Reserve(interaction: id, place: place, queue: queue, channel: channel)
  }

  private func reports(_ effects: Effects) throws -> [String: AgentReport] {
    var reports: [String: AgentReport] = [:]
    for message in effects.messages where message.method == "agentChanged" {
      reports[message.to.id] = try message.decoded(AgentReport.self)
    }
    return reports
  }

  @Test("signs in not ready, and tells every queue what it can take when ready")
  func signsIn() throws {
    var live = Live(agent: "ann")
    let signIn = try live.send(
      "signIn", SignIn(queues: ["b", "a", "b"], capacity: [.chat: 2, .voice: 0]), at: 100)
    #expect(signIn.messages.map(\.to) == [.workQueue("a"), .workQueue("b")])
    #expect(try reports(signIn)["a"]?.free == [:] && reports(signIn)["a"]?.signedIn == true)
    let (view, effects) = try live.call("setReady", SetReady(), at: 200, returning: AgentView.self)
    #expect(view.state == .ready && view.queues == ["a", "b"])
    #expect(try reports(effects)["b"]?.free == [.chat: 2])
    #expect(try reports(effects)["b"]?.idleSince.milliseconds == 200)
    // Again: nothing changes, nobody is told.
    #expect(try live.send("setReady", SetReady(), at: 300).messages.isEmpty)
    // A reason alone is nothing that queues need.
    try live.send("setNotReady", SetNotReady(reason: "lunch"), at: 400)
    #expect(try live.send("setNotReady", SetNotReady(reason: "dinner"), at: 500).messages.isEmpty)
    #expect(live.state.record.reason == "dinner")
  }

  @Test("holds a slot up to its capacity, and refuses past it with how it stands")
  func capacity() throws {
    var live = try ready([.voice: 1, .chat: 2])
    for (index, channel) in [Channel.voice, .chat, .chat].enumerated() {
      let effects = try live.send("reserve", reserve("i\(index)", channel), at: 300)
      #expect(effects.messages.map(\.method) == ["reserved", "agentChanged"])
      #expect(try reports(effects)["sales"]?.settled == ReservationKey(interaction: "i\(index)", place: 1))
    }
    for channel in [Channel.voice, .chat, .email] {
      let effects = try live.send("reserve", reserve("x", channel), at: 400)
      #expect(effects.messages.map(\.method) == ["reservationRefused"])
      let refused = try effects.messages[0].decoded(ReservationRefused.self)
      #expect(refused.report.free == [:] && refused.report.signedIn && refused.interaction == "x")
    }
    #expect(live.state.record.slots.count == 3)
  }

  @Test("refuses a queue it is not signed in to, when not ready, and when signed out")
  func notAvailable() throws {
    var live = try ready()
    let other = try live.send("reserve", reserve("i", queue: "other"), at: 300)
    #expect(try other.messages[0].decoded(ReservationRefused.self).report.signedIn == false)
    try live.send("setNotReady", SetNotReady(), at: 400)
    #expect(try live.send("reserve", reserve("i"), at: 500).messages.map(\.method) == ["reservationRefused"])
    let out = try live.send("signOut", SignOut(), at: 600)
    #expect(try reports(out)["sales"]?.signedIn == false)
    #expect(try live.send("reserve", reserve("i"), at: 700).messages.map(\.method) == ["reservationRefused"])
    #expect(throws: ContactCenterRefusal.notSignedIn("ann")) {
      try live.send("setReady", SetReady(), at: 800)
    }
    #expect(throws: ContactCenterRefusal.notSignedIn("ann")) { try live.send("signOut", SignOut(), at: 800) }
  }

  @Test("misses in a row end its being ready; an answer starts the count again")
  func missed() throws {
    var live = try ready()
    func miss(_ id: String, at now: Int64) throws {
      try live.send("reserve", reserve(id), at: now)
      try live.send("release", Release(interaction: id, place: 1, reason: .missed), at: now + 1)
    }
    try miss("i1", at: 300)
    #expect(live.state.record.misses == 1 && live.state.record.availability == .ready)
    try live.send("reserve", reserve("i2"), at: 400)
    try live.send("answered", SlotAnswered(interaction: "i2", place: 1), at: 401)
    #expect(live.state.record.misses == 0 && live.state.record.slots.first?.phase == .active)
    try live.send("release", Release(interaction: "i2", place: 1, reason: .finished), at: 402)
    try miss("i3", at: 500)
    try miss("i4", at: 600)
    #expect(live.state.record.availability == .notReady && live.state.record.reason == "rona")
    try live.send("setReady", SetReady(), at: 700)
    #expect(live.state.record.misses == 0)
  }

  @Test("a void reservation costs no turn, anything else does")
  func idleSince() throws {
    for reason in [ReleaseReason.void, .missed, .declined, .abandoned, .finished] {
      var live = try ready()
      try live.send("reserve", reserve("i"), at: 300)
      let effects = try live.send("release", Release(interaction: "i", place: 1, reason: reason), at: 400)
      let expected: Int64 = reason == .void ? 200 : 400
      #expect(try reports(effects)["sales"]?.idleSince.milliseconds == expected, "\(reason)")
    }
  }

  @Test("a release for another place, or repeated, is void")
  func wrongRelease() throws {
    var live = try ready()
    try live.send("reserve", reserve("i", place: 2), at: 300)
    for wrong in [
      Release(interaction: "i", place: 1, reason: .void), Release(interaction: "x", place: 2, reason: .void),
    ] {
      #expect(try live.send("release", wrong, at: 400).messages.isEmpty)
      #expect(live.state.record.slots.count == 1)
    }
    try live.send("answered", SlotAnswered(interaction: "i", place: 1), at: 500)
    #expect(live.state.record.slots.first?.phase == .reserved)
  }

  @Test("keeps what it holds when it signs out, and cannot sign in below it")
  func signOut() throws {
    var live = try ready([.chat: 2])
    try live.send("reserve", reserve("i", .chat), at: 300)
    try live.send("reserve", reserve("j", .chat), at: 300)
    try live.send("signOut", SignOut(), at: 400)
    #expect(live.state.record.slots.count == 2)
    #expect(throws: ContactCenterRefusal.capacityInUse(channel: .chat, held: 2)) {
      try live.send("signIn", SignIn(queues: ["sales"], capacity: [.chat: 1]), at: 500)
    }
    // Released while signed out: no queue needs to hear of it.
    #expect(
      try live.send("release", Release(interaction: "i", place: 1, reason: .finished), at: 600).messages
        .isEmpty)
    try live.send("signIn", SignIn(queues: ["sales"], capacity: [.chat: 1]), at: 700)
    try live.send("setReady", SetReady(), at: 800)
    #expect(live.state.record.free == [:])
  }

  @Test("signed in again with other queues, it leaves the old ones and stays ready")
  func otherQueues() throws {
    var live = try ready(queues: ["a", "b"])
    let effects = try live.send("signIn", SignIn(queues: ["b", "c"], skills: ["gold"]), at: 300)
    let told = try reports(effects)
    #expect(told.keys.sorted() == ["a", "c"])
    #expect(told["a"]?.signedIn == false && told["c"]?.free == [.voice: 1])
    #expect(live.state.record.availability == .ready)
  }

  @Test("every event raises the version")
  func version() throws {
    var live = try ready()
    let before = live.state.record.version
    try live.send("reserve", reserve("i"), at: 300)
    #expect(live.state.record.version == before + 1)
  }
}
