// The table that is printed at the end, character by character.
import Switchboard
import Testing

struct DemoResultTableTests {
  private func table(_ verdict: DemoVerdict, recorded: RecordedFigures? = nil) -> ResultTable {
    var ledger = Ledger()
    ledger.created(call: 1, interaction: "a", sentAt: 0, foundAgentFree: true)
    ledger.offered("a", at: 0.0123)
    ledger.accepted("a", by: "ann", at: 1)
    ledger.closed("a", by: "ann")
    let row = NodeSnapshot.InteractionRow(
      queue: "PS", state: "closed", agent: "ann", arrivedMs: 1_000, answeredMs: 1_050, outcome: "completed",
      answers: 1)
    return ResultTable(
      title: "a day", verdict: verdict, ledger: ledger,
      files: NodeSnapshot(node: "north", interactions: ["a": row]),
      speed: 600, failovers: [.init(node: "south", milliseconds: [100, 150.25, 90])], recorded: recorded)
  }

  private func verdict(_ found: [DemoViolation] = []) -> DemoVerdict {
    DemoVerdict(ledger: Ledger(), capacity: 1, nodes: [], also: found)
  }

  @Test func aGoodDay() {
    #expect(
      table(verdict()).text == """

        a day

          arrived                                           1   acknowledged to the callers: 1
          answered                                          1   acknowledged to the agents: 1
          abandoned by their own patience                   0   acknowledged to the callers: 0
          still waiting                                     0
          lost                                              0   must be 0
          answered twice                                    0   must be 0
          agents over capacity                              0   must be 0
          failover after kill -9 of south            150.3 ms   slowest of 3 partitions, median 100.0 ms
          wait until answered, p50 / p95      30.0 s / 30.0 s   in the day's time
          offer latency, p50 / p99          12.3 ms / 12.3 ms   real time, from the call to its agent's desktop, 1 calls that found an agent free

        Everything is conserved: the ledger and the files of all nodes agree.

        """)
  }

  @Test func aBadDaySaysWhat() {
    let text = table(verdict([.lost(interaction: "x", node: "west")])).text
    #expect(
      text.contains(
        "NOT conserved:\n  - lost: interaction x was acknowledged and is not in the files of west\n"))
    #expect(!text.contains("Everything is conserved"))
  }

  @Test func aReplayIsComparedWithItsFile() {
    let recorded = RecordedFigures(
      calls: 9, answered: 5, abandoned: 2, meanWaitSeconds: 41.25, leftBeforeQueue: 1, phantoms: 1)
    let text = table(verdict(), recorded: recorded).text
    #expect(text.contains("mean wait of the answered   30.0 s   41.3 s\n"))
    #expect(text.contains("10 ms of real time count as 6.0 s of waiting"))
  }

  @Test func aMachineThatIsTooSlowForTheSpeedIsSaidSo() {
    var slow = table(verdict())
    slow.ledger.accepted("b", by: "ann", at: 5.05, offeredAt: 5)
    #expect(
      slow.text.contains(
        "took 50.0 ms (median), 30.0 s of the day. Waits are only comparable at a lower SPEED."))
    slow.speed = 100
    #expect(!slow.text.contains("lower SPEED"))
  }

  @Test(arguments: [
    (0.0, 1, "0.0"), (1.25, 1, "1.3"), (-1.5, 0, "-2"), (-0.01, 1, "0.0"), (1_234.5678, 2, "1234.57"),
    (0.05, 2, "0.05"),
    (.infinity, 1, "–"), (.nan, 1, "–"),
  ])
  func numbersHaveSoManyDecimals(value: Double, decimals: Int, text: String) {
    #expect(value.text(decimals) == text)
  }
}
