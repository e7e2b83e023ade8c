// What might break routing: refusals, lost agents, limits, absurd numbers, an engine made anew.
import CBOR
import ContactCenter
import Testing

@Suite struct RoutingAttackTests {
  private func agent(_ id: String, calls: Int = 1, queues: [String] = ["q"]) -> RoutingAgent {
    RoutingAgent(
      id: id, queues: queues.map { RoutingAgent.Membership(queue: $0) },
      capacity: CapacityModel(.numbers([.voice: calls], total: nil)))
  }

  private func entry(_ id: String, at arrivedAt: Int64, place: Int = 0) -> RoutingEntry {
    RoutingEntry(interaction: id, place: place, queue: "q", arrivedAt: arrivedAt)
  }

  @Test("The place in line survives a refusal, a lost agent and another place number")
  func placeKept() {
    var engine = RoutingEngine()
    _ = engine.set(agent("a", calls: 2), now: 0)
    #expect(engine.add(entry("first", at: 1), now: 1).map(\.agent) == ["a"])
    #expect(engine.add(entry("second", at: 2), now: 2).map(\.agent) == ["a"])
    #expect(engine.add(entry("third", at: 3), now: 3).isEmpty)
    // The desktop of a is gone: what it was asked is back at its place.
    #expect(engine.removeAgent("a", now: 4).isEmpty)
    #expect(engine.waiting == 3 && engine.given == 0)
    #expect(engine.set(agent("b"), now: 5).map(\.interaction) == ["first"])
    #expect(
      engine.giveBack("first", place: 0, by: "b", exclusion: nil, now: 6).map(\.interaction) == ["first"])
    let refused = engine.giveBack("first", place: 0, by: "b", exclusion: 1_000, now: 7)
    #expect(refused.map(\.interaction) == ["second"])
    // A transfer puts it back in line under a higher number; what is said of the old one means nothing any more.
    #expect(engine.add(entry("second", at: 2, place: 1), now: 8).map(\.interaction) == ["second"])
    #expect(engine.accept("second", place: 0, by: "b", now: 9).isEmpty)
    #expect(engine.given == 1)
    #expect(engine.accept("second", place: 1, by: "b", now: 9).isEmpty)
    #expect(engine.given == 0)
    #expect(engine.set(agent("c", calls: 2), now: 10).map(\.interaction) == ["first", "third"])
  }

  @Test("What was asked counts as much as what is held, whatever the agent reports meanwhile")
  func reportsCross() {
    var engine = RoutingEngine()
    _ = engine.set(agent("a"), now: 0)
    #expect(engine.add(entry("one", at: 1), now: 1).count == 1)
    // A report from before the offer arrives after it.
    #expect(engine.add(entry("two", at: 2), now: 2).isEmpty)
    #expect(engine.set(agent("a"), now: 3).isEmpty)
    #expect(engine.accept("one", place: 0, by: "a", now: 4).isEmpty)
    #expect(engine.remove("two", place: 0, now: 5).isEmpty)
    #expect(engine.add(entry("three", at: 6), now: 6).isEmpty)
    // Who abandons while an agent is asked leaves room for the next.
    #expect(engine.set(agent("a"), now: 7).map(\.interaction) == ["three"])
    #expect(engine.add(entry("four", at: 8), now: 8).isEmpty)
    #expect(engine.remove("three", place: 0, now: 9).map(\.interaction) == ["four"])
  }

  @Test(
    "An agent who declines all is excluded by 64 at most, and then asked again for what it declined first")
  func declinesAll() {
    var engine = RoutingEngine()
    for number in 0..<200 { _ = engine.add(entry("i\(number)", at: Int64(number)), now: 200) }
    var asked = engine.set(agent("a"), now: 1_000).map(\.interaction)
    for step in 0..<64 as Range<Int64> {
      let next = engine.giveBack(asked.last ?? "", place: 0, by: "a", exclusion: 3_600_000, now: 1_001 + step)
      asked += next.map(\.interaction)
    }
    // The 65th exclusion would be one too many: the first one's ends, and it is first in line.
    #expect(asked == (0...64).map { "i\($0)" })
    let next = engine.giveBack("i64", place: 0, by: "a", exclusion: 3_600_000, now: 2_000)
    #expect(next.map(\.interaction) == ["i0"])
  }

  @Test("An engine made of its rows, read back from their bytes, goes on like the other")
  func fromRows() throws {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.strategy = .roundRobin
    settings.requirement = try Requirement("s >= 5")
    settings.relaxation = [RelaxationStep(after: 10_000, requirement: .none)]
    settings.patienceForPreferred = 5_000
    _ = engine.set(settings, of: "q", now: 0)
    for id in ["a", "b", "c"] {
      var skilled = agent(id, calls: 2)
      skilled.qualities.skills = ["s": id == "c" ? 3 : 7]
      _ = engine.set(skilled, now: 0)
    }
    for number in 0..<8 {
      var one = entry("i\(number)", at: Int64(number))
      one.preferred = number == 6 ? "a" : nil
      _ = engine.add(one, now: 10)
    }
    _ = engine.giveBack("i0", place: 0, by: "a", exclusion: 30_000, now: 20)
    let bytes = try CBOREncoder().encode(engine.rows)
    var other = RoutingEngine(try CBORDecoder().decode(RoutingRows.self, from: bytes))
    #expect(other.rows == engine.rows)
    #expect(other.waiting == engine.waiting && other.given == engine.given && other.nextDue == engine.nextDue)
    for time in [5_000, 10_000, 30_000, 40_000] as [Int64] {
      let (ours, theirs) = (engine.pass(to: time), other.pass(to: time))
      #expect(ours == theirs)
      let free = agent("d\(time)", calls: 1)
      let (more, same) = (engine.set(free, now: time), other.set(free, now: time))
      #expect(more == same)
    }
    #expect(other.rows == engine.rows)
  }

  @Test("Absurd numbers trap nothing")
  func absurd() {
    var engine = RoutingEngine()
    var settings = QueueRouting()
    settings.levelPatience = .max
    settings.patienceForPreferred = .max
    settings.weight = .max
    settings.target = .min
    settings.ring = RingPlan(agents: .max, every: .max)
    settings.reserve = AgentReserve(agents: .min, priority: .max)
    settings.relaxation = [RelaxationStep(after: .max, requirement: .none)]
    _ = engine.set(settings, of: "q", now: .max)
    engine.set(serviceFactor: .max, of: "q")
    for (number, arrivedAt) in ([.min, 0, .max] as [Int64]).enumerated() {
      var one = entry("i\(number)", at: arrivedAt)
      one.priority = number == 0 ? .min : .max
      one.preferred = "a"
      _ = engine.add(one, now: number == 1 ? .min : .max)
    }
    var wide = agent("a", calls: .max)
    (wide.idleSince, wide.occupancy, wide.contacts, wide.order, wide.weight) = (.min, .min, .max, .min, .min)
    wide.capacity = CapacityModel(.shares([.voice: .init(cost: .max, spare: .min)]))
    _ = engine.set(wide, now: 0)
    _ = engine.giveBack("i0", place: 0, by: "a", exclusion: .max, now: .max)
    _ = engine.pass(to: .max, atMost: 1_000)
    #expect(engine.waiting + engine.given == 3)
  }

  @Test("The fast table of a capacity says what the model says")
  func capacityTable() {
    var random = SplitMix64(seed: 11)
    for round in 0..<300 {
      var model = CapacityModel.oneCall
      if random.chance(50) {
        var shares: [Channel: CapacityModel.Share] = [:]
        for channel in Channel.allCases where random.chance(60) {
          shares[channel] = .init(cost: random.below(101), spare: 1 + random.below(100))
        }
        model.rule = .shares(shares)
      } else {
        var numbers: [Channel: Int] = [:]
        for channel in Channel.allCases where random.chance(60) { numbers[channel] = random.below(4) }
        model.rule = .numbers(numbers, total: random.chance(50) ? random.below(6) : nil)
      }
      for held in Channel.allCases where random.chance(30) {
        model.interruptible[held] = [random.pick(Channel.allCases)]
      }
      var ann = agent("ann")
      ann.capacity = model
      for channel in Channel.allCases where random.chance(40) { ann.load[channel] = random.below(3) }
      for channel in Channel.allCases {
        var engine = RoutingEngine()
        _ = engine.set(ann, now: 0)
        let matches = engine.add(
          RoutingEntry(interaction: "i", queue: "q", channel: channel, arrivedAt: 0), now: 0)
        #expect(
          !matches.isEmpty == model.takes(channel, beside: ann.load), "round \(round): \(channel) of \(ann)")
      }
    }
  }
}
