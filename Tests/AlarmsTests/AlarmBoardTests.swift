// The board: when a condition is an alarm, when that is over, and what a person does about it.
import Alarms
import Testing

/// A board with a clock of its own, fed once a second.
struct Board {
  var board = AlarmBoard(node: "north", incarnation: 3)
  var now: Int64 = 0
  /// The wall clock starts a day after the epoch.
  var time: AlarmTime { AlarmTime(monotonic: now, wall: now + 86_400_000) }

  /// Observes the same conditions for so many seconds.
  mutating func observe(_ conditions: AlarmCondition..., for seconds: Int = 1) -> [AlarmChange] {
    var changes: [AlarmChange] = []
    for _ in 0..<seconds {
      changes += board.observe(conditions, at: time)
      now += 1_000
    }
    return changes
  }
}

@Suite struct AlarmBoardTests {
  private let down = AlarmCondition(.nodeUnreachable, "south", .warning, "refused")
  private let low = AlarmCondition(.disk, "north", .warning, "short of room")
  private let full = AlarmCondition(.disk, "north", .critical, "no room")

  @Test func aConditionIsAnAlarmOnceItHasHeldAndIsOverOnceItIsGone() throws {
    var board = Board()
    // raiseAfter is 2 s, clearAfter 5 s.
    let early = board.observe(down, for: 2)
    #expect(early == [])
    let raised = board.observe(down, for: 1)
    #expect(raised.map(\.kind) == [.raised])
    let alarm = try #require(board.board.active.first)
    #expect(alarm.id == "north-3-1" && alarm.subject == "south" && alarm.detail == "refused")
    #expect(alarm.raisedMs == 86_402_000 && alarm.isActive)
    let quiet = board.observe(down, for: 10) + board.observe(for: 5)
    #expect(quiet == [])
    let cleared = board.observe(for: 1)
    #expect(cleared.map(\.kind) == [.cleared])
    #expect(cleared.first?.alarm.clearedMs == 86_418_000)
    #expect(board.board.active == [] && board.board.history.map(\.id) == ["north-3-1"])
    #expect(raised.map(\.number) + cleared.map(\.number) == [1, 2])
    #expect(board.board.changeCounts == [.raised: 1, .cleared: 1])
  }

  @Test func aBlinkIsNoAlarm() {
    var board = Board()
    var changes: [AlarmChange] = []
    for _ in 0..<50 { changes += board.observe(down, for: 1) + board.observe(for: 1) }
    #expect(changes == [])
  }

  @Test func theDetailIsTheLastOneAndIsNoChange() {
    var board = Board()
    _ = board.observe(low)
    let changes = board.observe(AlarmCondition(.disk, "north", .warning, "even less"))
    #expect(changes == [])
    #expect(board.board.active.map(\.detail) == ["even less"])
  }

  @Test func whatComesBackInTimeIsTheSameAlarm() {
    var board = Board()
    _ = board.observe(down, for: 3)
    for _ in 0..<4 {
      let changes = board.observe(for: 4) + board.observe(down, for: 1)
      #expect(changes == [])
    }
    #expect(board.board.active.map(\.repeats) == [4])
  }

  /// An hour of a condition that comes and goes: each return within an hour needs twice as long to be over.
  @Test func whatFlapsBecomesOneLongAlarm() {
    var board = Board()
    var changes: [AlarmChange] = []
    for _ in 0..<300 { changes += board.observe(down, for: 4) + board.observe(for: 8) }
    // 5 s is cleared within 8 s, 10 s is not any more.
    #expect(changes.map(\.kind) == [.raised, .cleared, .raised])
    #expect((board.board.active.first?.repeats ?? 0) > 200)
    // It is over in the end, and after an hour of peace all is forgotten.
    let end = board.observe(for: 700)
    #expect(end.map(\.kind) == [.cleared])
    _ = board.observe(for: 3_601)
    _ = board.observe(down, for: 3)
    let later = board.observe(for: 6)
    #expect(later.map(\.kind) == [.cleared])
  }

  @Test func graverIsSaidAtOnceAndEasierAfterAWhile() {
    var board = Board()
    let first = board.observe(low)
    let second = board.observe(full)
    #expect(first.map(\.kind) == [.raised] && second.map(\.kind) == [.escalated])
    #expect(second.first?.alarm.severity == .critical && second.first?.alarm.detail == "no room")
    let soon = board.observe(low, for: 5)
    #expect(soon == [])
    #expect(board.board.active.map(\.severity) == [.critical])
    let eased = board.observe(low)
    #expect(eased.map(\.kind) == [.eased] && eased.first?.alarm.severity == .warning)
    // Up and down flaps, too.
    var changes: [AlarmChange] = []
    for _ in 0..<100 { changes += board.observe(full, for: 1) + board.observe(low, for: 7) }
    #expect(changes.count <= 3, "\(changes.map(\.kind))")
  }

  @Test func theGravestOfSeveralCounts() {
    var board = Board()
    _ = board.observe(low, full, low)
    #expect(board.board.active.map(\.severity) == [.critical])
  }

  // MARK: people

  @Test func anAcknowledgmentEndsWithTheAlarm() throws {
    var board = Board()
    _ = board.observe(down, for: 3)
    let change = try board.board.acknowledge("north-3-1", by: "ann", note: "on my way", at: board.time)
    #expect(change.kind == .acknowledged)
    #expect(
      board.board.active.first?.acknowledgment
        == AlarmAcknowledgment(by: "ann", atMs: board.time.wall, note: "on my way"))
    #expect(throws: AlarmRefusal.acknowledged(id: "north-3-1", by: "ann")) {
      _ = try board.board.acknowledge("north-3-1", by: "bob", note: nil, at: board.time)
    }
    // Again by the same, as after a lost answer.
    _ = try board.board.acknowledge("north-3-1", by: "ann", note: "there", at: board.time)
    #expect(board.board.active.first?.acknowledgment?.note == "there")
    _ = board.observe(for: 6)
    #expect(board.board.history.first?.acknowledgment?.by == "ann")
    #expect(throws: AlarmRefusal.over(id: "north-3-1")) {
      _ = try board.board.acknowledge("north-3-1", by: "ann", note: nil, at: board.time)
    }
    _ = board.observe(down, for: 3)
    #expect(board.board.active.map(\.id) == ["north-3-2"])
    #expect(board.board.active.first?.acknowledgment == nil)
  }

  @Test func whatGetsGraverHasToBeSeenAgain() throws {
    var board = Board()
    _ = board.observe(low)
    _ = try board.board.acknowledge("north-3-1", by: "ann", note: nil, at: board.time)
    let changes = board.observe(full)
    #expect(changes.map(\.kind) == [.escalated])
    #expect(board.board.active.first?.acknowledgment == nil)
  }

  @Test(arguments: ["nobody-1", "north-3-2", "", "north-3-1 "])
  func whatIsNotThereCannotBeAcknowledged(id: String) {
    var board = Board()
    _ = board.observe(low)
    #expect(throws: AlarmRefusal.unknown(id: id)) {
      _ = try board.board.acknowledge(id, by: "ann", note: nil, at: board.time)
    }
  }

  @Test(arguments: ["a\u{7}b", "a\nb", String(repeating: "ä", count: 501)])
  func notesAreShortAndPlain(note: String) {
    var board = Board()
    _ = board.observe(low)
    #expect(throws: AlarmRefusal.invalidNote(limit: 1_000)) {
      _ = try board.board.acknowledge("north-3-1", by: "ann", note: note, at: board.time)
    }
  }

  @Test func criticalOnesAreRemindedOfUntilSomebodyTakesCare() throws {
    var board = Board()
    _ = board.observe(full)
    let hour = board.observe(full, for: 3_600)
    #expect(hour.map(\.kind) == [.reminded, .reminded, .reminded, .reminded])
    _ = try board.board.acknowledge("north-3-1", by: "ann", note: nil, at: board.time)
    let quiet = board.observe(full, for: 3_600)
    #expect(quiet == [])
    // Warnings wait.
    var other = Board()
    _ = other.observe(low)
    let never = other.observe(low, for: 7_200)
    #expect(never == [])
  }
}
