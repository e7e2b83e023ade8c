// The checker of promise P4 finds each breach, and only breaches.
import ContactCenter
import Testing

@Suite("Conservation")
struct ConservationTests {
  private typealias At = Conservation.InteractionAt
  private typealias Holding = Conservation.AgentHolding

  /// One waiting, one active, one closed: all as it should be.
  private var sound: Conservation {
    Conservation(
      interactions: [
        At(id: "w", queue: "q", place: 2, stage: .waiting, agent: nil, outcome: nil, answers: 0),
        At(id: "a", queue: "q", place: 1, stage: .active, agent: "ann", outcome: nil, answers: 1),
        At(id: "c", queue: "q", place: 1, stage: .closed, agent: "ann", outcome: .completed, answers: 1),
      ],
      agents: [
        Holding(
          id: "ann", capacity: [.voice: 1], slots: [.init(interaction: "a", place: 1, channel: .voice)]),
        Holding(id: "bob", capacity: [.voice: 1], slots: []),
      ],
      queues: [.init(id: "q", line: .entries([ReservationKey(interaction: "w", place: 2)]))])
  }

  private func found(settled: Bool = true, _ change: (inout Conservation) -> Void) -> [ConservationViolation]
  {
    var snapshot = sound
    change(&snapshot)
    return snapshot.violations(settled: settled)
  }

  @Test("finds nothing where nothing is wrong")
  func clean() {
    #expect(found { _ in } == [])
    #expect(found { $0.queues = [.init(id: "q", line: .count(1))] } == [])
  }

  @Test("finds each breach")
  func breaches() {
    #expect(found { $0.interactions[1].answers = 2 } == [.answeredTwice(interaction: "a", answers: 2)])
    #expect(found { $0.interactions[1].answers = 0 } == [.contradictory(interaction: "a", stage: .active)])
    #expect(found { $0.interactions[2].outcome = nil } == [.contradictory(interaction: "c", stage: .closed)])
    #expect(
      found { $0.agents[0].capacity = [:] } == [
        .aboveCapacity(agent: "ann", channel: .voice, held: 1, capacity: 0)
      ])
    #expect(
      found { $0.agents[1].slots = $0.agents[0].slots } == [
        .heldTwice(interaction: "a", agents: ["ann", "bob"])
      ])
    #expect(found { $0.agents[0].slots = [] } == [.notHeld(interaction: "a", agent: "ann")])
    #expect(
      found { $0.agents[1].slots = [.init(interaction: "w", place: 2, channel: .voice)] } == [
        .orphanedSlot(interaction: "w", agent: "bob")
      ])
    #expect(
      found { $0.queues.append(.init(id: "p", line: $0.queues[0].line)) } == [
        .inTwoLines(interaction: "w", queues: ["p", "q"])
      ])
    #expect(found { $0.queues[0].line = .entries([]) } == [.notInLine(interaction: "w", queue: "q")])
    #expect(
      found {
        $0.queues[0].line = .entries([.init(interaction: "w", place: 2), .init(interaction: "c", place: 1)])
      }
        == [.orphanedEntry(interaction: "c", queue: "q")])
    #expect(
      found { $0.queues[0].line = .count(2) } == [.lineCount(queue: "q", entries: 2, waiting: 1)])
  }

  @Test("while messages are on their way, void reservations are no breach, a lost slot is")
  func inFlight() {
    #expect(
      found(settled: false) { $0.agents[1].slots = [.init(interaction: "w", place: 1, channel: .voice)] }
        == [])
    #expect(found(settled: false) { $0.queues[0].line = .entries([]) } == [])
    #expect(found(settled: false) { $0.agents[0].slots = [] } == [.notHeld(interaction: "a", agent: "ann")])
  }
}
