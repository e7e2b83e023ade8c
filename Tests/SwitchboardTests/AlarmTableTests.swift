// The table of `switchboard ctl alarms`: golden; and what several nodes say, put together.
import Alarms
import Switchboard
import Testing

@Suite struct AlarmTableTests {
  /// The alarms of a node on which these conditions have held for a minute.
  private func list(
    _ node: String, _ conditions: AlarmCondition..., acknowledged: String? = nil, since: Int64 = 0
  ) -> AlarmList {
    var board = AlarmBoard(node: node, incarnation: 2)
    for second in 0..<60 {
      let now = since + Int64(second) * 1_000
      _ = board.observe(conditions, at: AlarmTime(monotonic: now, wall: now))
    }
    if let acknowledged, let first = board.active.first {
      _ = try? board.acknowledge(
        first.id, by: acknowledged, note: "on it", at: AlarmTime(monotonic: 60_000, wall: 60_000))
    }
    return AlarmList(
      node: node, active: board.active.map(AlarmReport.init), history: board.history.map(AlarmReport.init))
  }

  private let down = AlarmCondition(.nodeUnreachable, "west", .warning, "no connection in either direction")
  private let chaos = AlarmCondition(.chaosAllowed, "north", .info, "the configuration says chaos: allowed")

  @Test func whatSeveralNodesSeeIsShownOnce() throws {
    let answers = AlarmAnswers(
      [list("south", down, since: 5_000), list("north", down, chaos)],
      silent: [.init(address: "http://127.0.0.1:8103", reason: "connection refused")], wantsHistory: false)
    let (unreachable, allowed) = (AlarmKind.nodeUnreachable.entry, AlarmKind.chaosAllowed.entry)
    #expect(
      AlarmTable.text(answers, now: 400_000) == """
        alarms of north, south

        no answer from:
          http://127.0.0.1:8103: connection refused

        SEVERITY  KIND              SUBJECT  FOR    REPEATS  SEEN BY       ACKNOWLEDGED  ID
        warning   node_unreachable  west     6 min        0  north, south  -             north-2-2
        info      chaos_allowed     north    6 min        0  north         -             north-2-1

        node_unreachable west: no connection in either direction
          \(unreachable.meaning)
          What to do: \(unreachable.advice)

        chaos_allowed north: the configuration says chaos: allowed
          \(allowed.meaning)
          What to do: \(allowed.advice)
        """)
    #expect(!answers.isWell)
    let harmless = AlarmAnswers([list("north", chaos)], silent: [], wantsHistory: false)
    #expect(harmless.isWell)
  }

  @Test func itIsAcknowledgedOnceEveryNodeKnows() {
    let half = MergedAlarm.merge([list("north", down, acknowledged: "ann"), list("south", down)])
    #expect(half.count == 1)
    #expect(half.first?.acknowledgment == nil)
    #expect(half.first?.seen.map(\.isAcknowledged) == [true, false])
    let all = MergedAlarm.merge([
      list("north", down, acknowledged: "ann"), list("south", down, acknowledged: "ann"),
    ])
    #expect(all.first?.acknowledgment?.by == "ann")
    let text = AlarmTable.text(
      AlarmAnswers([list("north", down, acknowledged: "ann")], silent: [], wantsHistory: false), now: 60_000)
    #expect(text.contains("58 s        0  north    ann           north-2-1"))
    #expect(text.hasSuffix("\n  ann takes care of it: on it"))
  }

  @Test func theGravestOfSeveralNodesIsShown() {
    let merged = MergedAlarm.merge([
      list("north", AlarmCondition(.clockSkew, "west", .warning, "")),
      list("south", AlarmCondition(.clockSkew, "west", .critical, "")),
    ])
    #expect(merged.map(\.severity) == ["critical"])
  }

  @Test func whatIsOverIsShownOnRequest() {
    var board = AlarmBoard(node: "north", incarnation: 2)
    for second in 0..<20 {
      let now = AlarmTime(monotonic: Int64(second) * 1_000, wall: Int64(second) * 1_000)
      _ = board.observe(second < 10 ? [down] : [], at: now)
    }
    let list = AlarmList(
      node: "north", active: [], history: board.history.map(AlarmReport.init))
    let text = AlarmTable.text(AlarmAnswers([list], silent: [], wantsHistory: true), now: 7_215_000)
    #expect(
      text == """
        alarms of north

        none

        OVER     SEVERITY  KIND              SUBJECT  LASTED  REPEATS  NODE   ACKNOWLEDGED
        2 h ago  warning   node_unreachable  west     13 s          0  north  -
        """)
    let without = AlarmTable.text(AlarmAnswers([list], silent: [], wantsHistory: false), now: 0)
    #expect(without.hasSuffix("none"))
  }

  @Test func theStatusHasALine() {
    var counts = AlarmCounts()
    #expect(AlarmTable.line(counts) == nil)
    counts.critical = 1
    counts.info = 2
    counts.unacknowledged = 3
    #expect(
      AlarmTable.line(counts) == "1 critical, 2 info (3 not acknowledged): see switchboard ctl alarms")
    counts.unacknowledged = 0
    #expect(AlarmTable.line(counts)?.contains("(all acknowledged)") == true)
  }
}
