// What a board holds and says is bounded, whatever it is told; and every alarm ends or is active.
import Alarms
import Testing

/// Steele, Lea and Flood: a small generator whose runs can be repeated.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct AlarmBoundsTests {
  @Test func subjectsPastTheLimitAreOneAlarm() {
    var board = Board()
    func quarantined(_ numbers: Range<Int>) -> [AlarmCondition] {
      numbers.map { AlarmCondition(.replicaQuarantined, "partition \($0)", .critical, "damage") }
    }
    let some = board.board.observe(quarantined(100..<110), at: board.time)
    #expect(some.count == 10)
    board.now += 1_000
    _ = board.board.observe(quarantined(0..<1_000), at: board.time)
    let active = board.board.active
    #expect(active.count == 33)
    // Those that were there stay, and the others are told about together.
    #expect(active.filter { $0.subject == "partition 105" }.count == 1)
    let others = active.filter { $0.subject == AlarmBoard.others }
    #expect(others.count == 1)
    #expect(others.first?.detail.hasPrefix("968 more, among them partition ") == true)
  }

  @Test func historyIsBoundedAndTheLatestFirst() {
    var limits = AlarmBoard.Limits()
    limits.history = 5
    var board = AlarmBoard(node: "n", incarnation: 1, limits: limits)
    for second in 0..<200 {
      let now = AlarmTime(monotonic: Int64(second) * 1_000, wall: 0)
      _ = board.observe(
        second < 100 ? [AlarmCondition(.configuration, "subject \(second)", .info, "")] : [], at: now)
    }
    #expect(board.history.count == 5)
    #expect(board.history.first?.subject == "subject 99")
  }

  /// Random weather over all kinds: each alarm is raised once, ends at most once, and is active exactly in between; ids and
  /// numbers are never used again; a kind and subject says at most a few things an hour, whatever its condition does.
  @Test(arguments: 0..<40) func everyAlarmEndsOrIsActive(seed: UInt64) throws {
    var generator = SplitMix64(state: seed)
    var board = Board()
    var active: [String: Alarm] = [:]
    var ended: Set<String> = []
    var number: UInt64 = 0
    var said: [String: [Int64]] = [:]
    // Each condition has its own temper: how likely it changes.
    let subjects = AlarmKind.allCases.flatMap { kind in ["a", "b"].map { (kind, $0) } }
    let tempers = subjects.map { _ in Int.random(in: 1...30, using: &generator) }
    var holds = subjects.map { _ in false }
    for second in 0..<7_200 {
      var conditions: [AlarmCondition] = []
      for (index, (kind, subject)) in subjects.enumerated() {
        if Int.random(in: 0..<tempers[index], using: &generator) == 0 { holds[index].toggle() }
        guard holds[index], let severity = kind.entry.severities.randomElement(using: &generator) else {
          continue
        }
        conditions.append(AlarmCondition(kind, subject, severity, "\(second)"))
      }
      conditions.shuffle(using: &generator)
      for change in board.board.observe(conditions, at: board.time) {
        number += 1
        #expect(change.number == number)
        let alarm = change.alarm
        let key = "\(alarm.kind) \(alarm.subject)"
        if change.kind != .reminded { said[key, default: []].append(board.now) }
        switch change.kind {
        case .raised:
          #expect(active[alarm.id] == nil && !ended.contains(alarm.id))
          #expect(!active.values.contains { $0.kind == alarm.kind && $0.subject == alarm.subject })
        case .cleared:
          #expect(active[alarm.id] != nil)
          active[alarm.id] = nil
          ended.insert(alarm.id)
          continue
        case .escalated: #expect((active[alarm.id]?.severity).map { $0 < alarm.severity } == true)
        case .eased: #expect((active[alarm.id]?.severity).map { $0 > alarm.severity } == true)
        case .acknowledged, .reminded: #expect(active[alarm.id] != nil)
        }
        #expect(alarm.kind.entry.severities.contains(alarm.severity))
        active[alarm.id] = alarm
      }
      board.now += 1_000
    }
    #expect(Set(board.board.active.map(\.id)) == Set(active.keys))
    for (key, times) in said {
      for time in times {
        let hour = times.count { $0 >= time && $0 < time + 3_600_000 }
        #expect(hour <= 40, "\(key) said \(hour) things within an hour")
      }
    }
  }
}

@Suite struct AlarmCatalogueTests {
  @Test(arguments: AlarmKind.allCases) func everyKindSaysWhatItMeansAndWhatToDo(kind: AlarmKind) {
    let entry = kind.entry
    #expect(entry.meaning.hasSuffix(".") && entry.meaning.count > 30)
    #expect(entry.advice.hasSuffix(".") && entry.advice.count > 30)
    #expect(!entry.severities.isEmpty && entry.severities == entry.severities.sorted())
    for severity in entry.severities { #expect(entry.severityRule.contains(severity.rawValue)) }
    #expect(kind.rawValue.utf8.count <= 32)
  }

  /// No two kinds share an entry by mistake.
  @Test func entriesDiffer() {
    #expect(Set(AlarmKind.allCases.map(\.entry.meaning)).count == AlarmKind.allCases.count)
  }
}
