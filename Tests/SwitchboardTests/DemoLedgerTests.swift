// The driver's own account: counts, offer latencies, and what an agent certainly held.
import Switchboard
import Testing

struct DemoLedgerTests {
  @Test func aCallFromItsCreationToItsEnd() {
    var ledger = Ledger()
    ledger.sent(call: 1)
    #expect(ledger.unacknowledged == [1])
    #expect(!ledger.isSettled)
    ledger.created(call: 1, interaction: "i", sentAt: 0, foundAgentFree: false)
    #expect(ledger.arrived == 1)
    #expect(ledger.waiting == 1)
    #expect(ledger.awaitingFirstOffer == 1)
    ledger.offered("i", at: 1)
    #expect(ledger.awaitingFirstOffer == 0)
    ledger.accepted("i", by: "ann", at: 2)
    #expect(ledger.hasAnswer("i"))
    #expect((ledger.waiting, ledger.talking, ledger.answered) == (0, 1, 1))
    ledger.completionSent("i", by: "ann", at: 5)
    #expect(!ledger.isSettled)
    ledger.closed("i", by: "ann")
    #expect(ledger.isSettled)
    #expect(ledger.talking == 0)
  }

  @Test func anAnswerMayBeKnownBeforeTheCreationIs() {
    var ledger = Ledger()
    ledger.sent(call: 1)
    ledger.offered("i", at: 0.5)
    ledger.accepted("i", by: "ann", at: 0.6)
    ledger.created(call: 1, interaction: "i", sentAt: 0.4, foundAgentFree: true)
    #expect(ledger.arrived == 1)
    #expect(ledger.answered == 1)
    #expect(ledger.waiting == 0)
    #expect(ledger.offerLatencies.count == 1)
    #expect(abs((ledger.offerLatencies.first ?? 0) - 0.1) < 1e-9)
  }

  @Test func onlyTheFirstOfferOfACallThatFoundAnAgentFreeIsMeasured() {
    var ledger = Ledger()
    ledger.created(call: 1, interaction: "queued", sentAt: 0, foundAgentFree: false)
    ledger.offered("queued", at: 9)
    ledger.created(call: 2, interaction: "free", sentAt: 1, foundAgentFree: true)
    ledger.offered("free", at: 1.5)
    ledger.offered("free", at: 30)
    #expect(ledger.offerLatencies == [0.5])
  }

  @Test func whatAnAgentHeldIsCountedFromAcknowledgmentToCompletion() {
    var ledger = Ledger()
    ledger.accepted("a", by: "ann", at: 1)
    ledger.completionSent("a", by: "ann", at: 2)
    // At the same instant: one after the other.
    ledger.accepted("b", by: "ann", at: 2)
    ledger.completionSent("b", by: "ann", at: 4)
    ledger.accepted("c", by: "bob", at: 1)
    ledger.accepted("d", by: "bob", at: 3)
    #expect(ledger.mostHeld.map(\.agent) == ["ann", "bob"])
    #expect(ledger.mostHeld.map(\.calls) == [1, 2])
  }

  @Test func aRepeatedCompletionDoesNotLengthenTheHold() {
    var ledger = Ledger()
    ledger.accepted("a", by: "ann", at: 1)
    ledger.completionSent("a", by: "ann", at: 2)
    ledger.completionSent("a", by: "ann", at: 9)
    #expect(ledger.entries["a"]?.answers.first?.completionSent == 2)
  }

  @Test func freeAgentsAreKnownAfterAMoment() {
    var floor = Floor()
    floor.ready("ann", queues: ["PS"], at: 1)
    #expect(!floor.hasFreeAgent(for: "PS", at: 1.05))
    #expect(floor.hasFreeAgent(for: "PS", at: 1.2))
    #expect(!floor.hasFreeAgent(for: "NW", at: 1.2))
    floor.offered("ann")
    #expect(!floor.hasFreeAgent(for: "PS", at: 2))
    floor.released("ann", at: 2)
    #expect(floor.hasFreeAgent(for: "PS", at: 2.2))
    floor.left("ann")
    #expect(!floor.hasFreeAgent(for: "PS", at: 9))
  }

  @Test func percentilesAreByNearestRank() {
    let values = Percentiles((1...100).map(Double.init).shuffled())
    #expect(values(50) == 50)
    #expect(values(99) == 99)
    #expect(values(99.5) == 100)
    #expect(values(0) == 1)
    #expect(values.max == 100)
    #expect(Percentiles([3])(50) == 3)
    #expect(Percentiles([])(50) == nil)
    #expect(Percentiles([1, 2])(50) == 1)
    #expect(Percentiles([1, 3]).mean == 2)
  }
}
