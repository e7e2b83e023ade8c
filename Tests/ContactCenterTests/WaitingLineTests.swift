// The line and the idle agents against plain sorted arrays.
import ActorCluster
import ContactCenter
import Testing

@Suite("Sorted structures of a queue")
struct WaitingLineTests {
  @Test("the line is in the order of a sorted array", arguments: 0..<20 as Range<UInt64>)
  func line(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var line = WaitingLine()
    var model: [QueueEntry] = []
    for index in 0..<300 {
      if model.isEmpty || random.chance(60) {
        let entry = QueueEntry(
          QueueEnqueued(
            Enqueue(
              interaction: "i\(random.below(1_000))-\(index)", place: 1,
              channel: random.pick(Channel.allCases),
              priority: random.below(10), arrivedAt: PartitionTime(milliseconds: Int64(random.below(50))))))
        line.insert(entry)
        if random.chance(5) { line.insert(entry) }
        model.append(entry)
      } else {
        let entry = model.remove(at: random.below(model.count))
        line.remove(entry)
        if random.chance(5) { line.remove(entry) }
      }
      #expect(line.count == model.count, "seed \(seed)")
      #expect(line.oldestArrival == model.map(\.arrivedAt).min(), "seed \(seed)")
      let channel = random.pick(Channel.allCases)
      let count = random.below(6)
      let expected = model.filter { $0.channel == channel }.sorted { $0.precedes($1) }.prefix(count)
      #expect(line.next(count, of: channel) == expected.map(\.interaction), "seed \(seed)")
    }
  }

  @Test("idle agents are in the order of a sorted array", arguments: 0..<20 as Range<UInt64>)
  func idle(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var idle = IdleAgents()
    var model: [String: QueueAgent] = [:]
    for _ in 0..<300 {
      let id = "a\(random.below(12))"
      if let old = model.removeValue(forKey: id) { idle.remove(id, old, requiredSkill: "s") }
      if random.chance(80) {
        var agent = QueueAgent()
        agent.signedIn = random.chance(90)
        agent.skills = random.chance(80) ? ["r", "s"] : ["r"]
        agent.free = [.voice: random.below(2), .chat: random.below(3)]
        agent.idleSince = PartitionTime(milliseconds: Int64(random.below(20)))
        model[id] = agent
        idle.insert(id, agent, requiredSkill: "s")
      }
      let eligible = model.filter { $0.value.signedIn && $0.value.skills.contains("s") }
      for channel in [Channel.voice, .chat, .email] {
        let order = eligible.filter { $0.value.open(channel) > 0 }
          .sorted { ($0.value.idleSince, $0.key) < ($1.value.idleSince, $1.key) }.map(\.key)
        #expect(idle.first(channel) == order.first, "seed \(seed)")
        #expect(idle.first(channel, except: order.first) == order.dropFirst().first, "seed \(seed)")
      }
      #expect(idle.signedIn == model.values.filter(\.signedIn).count, "seed \(seed)")
      #expect(
        idle.available == eligible.values.filter { $0.open(.voice) > 0 || $0.open(.chat) > 0 }.count,
        "seed \(seed)")
    }
  }
}
