// The count at the end: a day that is right passes, and every single way of being wrong is found and named.
import Switchboard
import Testing

struct DemoVerdictTests {
  typealias Row = NodeSnapshot.InteractionRow

  /// One answered, one abandoned, one still waiting; the ledger and three nodes agree.
  private struct Day {
    var ledger = Ledger()
    var nodes: [NodeSnapshot]

    init() {
      ledger.created(call: 1, interaction: "a", sentAt: 0, foundAgentFree: false)
      ledger.accepted("a", by: "ann", at: 1)
      ledger.completionSent("a", by: "ann", at: 2)
      ledger.closed("a", by: "ann")
      ledger.created(call: 2, interaction: "b", sentAt: 0, foundAgentFree: false)
      ledger.abandoned("b")
      ledger.created(call: 3, interaction: "c", sentAt: 0, foundAgentFree: false)
      nodes = ["north", "south", "west"].map { name in
        NodeSnapshot(
          node: name,
          interactions: [
            "a": Row(
              queue: "PS", state: "closed", agent: "ann", arrivedMs: 10, answeredMs: 60, closedMs: 90,
              outcome: "completed", answers: 1, offers: 1),
            "b": Row(queue: "PS", state: "closed", arrivedMs: 20, closedMs: 50, outcome: "abandoned"),
            "c": Row(queue: "PS", state: "waiting", arrivedMs: 30),
          ],
          agents: ["ann": .init(state: "ready", slots: 0, capacity: "voice=1")],
          queues: ["PS": .init(waiting: 1, reserving: 0)])
      }
    }

    var verdict: DemoVerdict { DemoVerdict(ledger: ledger, capacity: 1, nodes: nodes) }

    mutating func everywhere(_ body: (inout NodeSnapshot) -> Void) {
      for index in nodes.indices { body(&nodes[index]) }
    }
  }

  @Test func aDayThatIsRight() {
    let verdict = Day().verdict
    #expect(verdict.violations.isEmpty)
    #expect((verdict.lost, verdict.answeredTwice, verdict.agentsAboveCapacity) == (0, 0, 0))
  }

  @Test func lostOnOneNode() {
    var day = Day()
    day.nodes[1].interactions["c"] = nil
    #expect(day.verdict.violations.contains(.lost(interaction: "c", node: "south")))
    #expect(day.verdict.violations.contains(.filesDisagree(interaction: "c", node: "north", other: "south")))
    #expect(day.verdict.lost == 1)
  }

  @Test func lostEverywhere() {
    var day = Day()
    day.everywhere { $0.interactions["a"] = nil }
    #expect(day.verdict.lost == 1)
    #expect(!day.verdict.isConserved)
  }

  @Test func aFieldThatDiffersOnOneNode() {
    var day = Day()
    day.nodes[2].interactions["a"]?.answeredMs = 61
    #expect(day.verdict.violations == [.filesDisagree(interaction: "a", node: "north", other: "west")])
  }

  @Test func answeredTwiceInTheFiles() {
    var day = Day()
    day.everywhere { $0.interactions["a"]?.answers = 2 }
    #expect(day.verdict.violations.contains(.answeredTwice(interaction: "a", answers: 2)))
    #expect(day.verdict.answeredTwice == 1)
  }

  @Test func acceptedTwiceByTheLedger() {
    var day = Day()
    day.ledger.accepted("a", by: "bob", at: 1.5)
    #expect(day.verdict.violations.contains(.acceptedTwice(interaction: "a", agents: ["ann", "bob"])))
    #expect(day.verdict.violations.contains(.answerLost(interaction: "a", agent: "bob")))
    #expect(day.verdict.answeredTwice == 1)
  }

  @Test func anAcknowledgedCompletionThatTheFilesDoNotHave() {
    var day = Day()
    day.ledger.closed("a", by: "ann")
    day.everywhere {
      $0.interactions["a"]?.state = "active"
      $0.interactions["a"]?.outcome = nil
    }
    #expect(day.verdict.violations.contains(.completionLost(interaction: "a", says: "active")))
  }

  @Test func aDayOnWhichNobodyIsAnswered() {
    var day = Day()
    day.everywhere { node in
      for id in node.interactions.keys { node.interactions[id]?.answers = 0 }
    }
    #expect(day.verdict.violations.contains(.nobodyAnswered(arrived: 3)))
  }

  @Test func anAcknowledgedAnswerThatTheFilesDoNotHave() {
    var day = Day()
    day.ledger.accepted("c", by: "ann", at: 3)
    #expect(day.verdict.violations == [.answerLost(interaction: "c", agent: "ann")])
  }

  @Test func anAcknowledgedAbandonmentThatTheFilesDoNotHave() {
    var day = Day()
    day.ledger.abandoned("c")
    #expect(day.verdict.violations == [.abandonmentLost(interaction: "c", says: "waiting")])
  }

  @Test func oneCallThatIsTwoInteractions() {
    var day = Day()
    day.everywhere {
      $0.interactions["d"] = Row(queue: "PS", state: "waiting")
      $0.queues["PS"]?.waiting = 2
    }
    #expect(day.verdict.violations == [.createdTwice(surplus: 1, unknown: ["d"])])
    // A call whose acknowledgment never came may be there.
    day.ledger.sent(call: 4)
    #expect(day.verdict.isConserved)
  }

  @Test func agentAboveCapacityAtSomeTime() {
    var day = Day()
    day.ledger.created(call: 4, interaction: "d", sentAt: 0, foundAgentFree: false)
    day.ledger.accepted("d", by: "ann", at: 1.5)
    day.ledger.completionSent("d", by: "ann", at: 3)
    day.ledger.closed("d", by: "ann")
    day.everywhere { node in node.interactions["d"] = node.interactions["a"] }
    #expect(day.verdict.violations == [.aboveCapacity(agent: "ann", calls: 2, capacity: 1)])
    #expect(day.verdict.agentsAboveCapacity == 1)
  }

  @Test func aSlotThatIsStuck() {
    var day = Day()
    day.everywhere { $0.agents["ann"]?.slots = 1 }
    #expect(day.verdict.violations == [.slotsDisagree(agent: "ann", slots: 1, held: 0)])
  }

  @Test func aLineThatForgotSomebody() {
    var day = Day()
    day.everywhere { $0.queues["PS"]?.waiting = 0 }
    #expect(day.verdict.violations.count == 3)
    #expect(!day.verdict.isConserved)
  }

  @Test func inTwoPlacesAtOnce() {
    var day = Day()
    day.everywhere { $0.interactions["b"]?.answers = 1 }
    #expect(
      day.verdict.violations.contains(.notOnePlace(arrived: 3, answered: 2, abandoned: 1, waiting: 1)))
  }

  @Test func aCallUnderWayIsHeldByItsAgent() {
    var day = Day()
    day.everywhere {
      $0.interactions["c"] = Row(queue: "PS", state: "active", agent: "ann", answeredMs: 5, answers: 1)
      $0.agents["ann"]?.slots = 1
      $0.queues["PS"]?.waiting = 0
    }
    #expect(day.verdict.isConserved)
  }

  @Test func whatNeverGotAnAnswer() {
    var day = Day()
    day.ledger.gaveUp("call 9")
    #expect(day.verdict.violations == [.unanswered("call 9")])
  }
}
