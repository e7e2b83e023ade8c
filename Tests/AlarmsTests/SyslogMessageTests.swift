// Lines of syslog: golden, as RFC 5424 wants them.
import Alarms
import Testing

@Suite struct SyslogMessageTests {
  /// 2026-11-23T08:05:09.042Z
  private static let wall: Int64 = 1_795_421_109_042

  private func change(_ condition: AlarmCondition, at wall: Int64 = wall) throws -> AlarmChange {
    var board = AlarmBoard(node: "north", incarnation: 3)
    let changes = board.observe([condition], at: AlarmTime(monotonic: 0, wall: wall))
    return try #require(changes.first)
  }

  private func line(_ change: AlarmChange, dropped: UInt64 = 0, facility: SyslogFacility = .daemon) -> String
  {
    String(
      decoding: SyslogMessage.bytes(
        change, cluster: "bank", facility: facility, process: 4_711, dropped: dropped), as: UTF8.self)
  }

  @Test func aCriticalAlarm() throws {
    let advice = AlarmKind.disk.entry.advice
    let change = try change(AlarmCondition(.disk, "north", .critical, "a write found no room"))
    // daemon is 3, critical is 2: 3 * 8 + 2.
    #expect(
      line(change)
        == "<26>1 2026-11-23T08:05:09.042Z north switchboard 4711 disk "
        + #"[alarm@32473 cluster="bank" id="north-3-1" kind="disk" subject="north" severity="critical" change="raised" "#
        + #"number="1" repeats="0"] alarm raised: disk north: a write found no room. What to do: "# + advice)
  }

  @Test func whatEndsIsANoticeAndSaysWhoTookCare() throws {
    var board = AlarmBoard(node: "north", incarnation: 3)
    func time(_ seconds: Int64) -> AlarmTime {
      AlarmTime(monotonic: seconds * 1_000, wall: Self.wall + seconds * 1_000)
    }
    let chaos = AlarmCondition(.chaosAllowed, "north", .info, #"chaos: "allowed" \o/ [x]"#)
    _ = board.observe([chaos], at: time(0))
    let taken = try board.acknowledge("north-3-1", by: "ann", note: #"drill "7" \ [b]"#, at: time(1))
    let cleared = try #require(board.observe([], at: time(2)).first)
    #expect(
      line(taken, facility: .local4)
        == "<165>1 2026-11-23T08:05:10.042Z north switchboard 4711 chaos_allowed "
        + #"[alarm@32473 cluster="bank" id="north-3-1" kind="chaos_allowed" subject="north" severity="info" "#
        + #"change="acknowledged" number="2" repeats="0" by="ann" note="drill \"7\" \\ [b\]"] "#
        + #"alarm acknowledged: chaos_allowed north: chaos: "allowed" \o/ [x], by ann"#)
    #expect(line(cleared, dropped: 9).hasPrefix("<29>1 2026-11-23T08:05:11.042Z north switchboard 4711 "))
    #expect(line(cleared, dropped: 9).contains(#" dropped="9"] alarm cleared: "#))
  }

  @Test func textsOfOthersStayOnOneLineAndAreMarkedAsUTF8() throws {
    let change = try change(AlarmCondition(.disk, "north", .critical, "Größe\nunbekannt\u{7}"))
    let text = line(change)
    #expect(text.contains("] \u{FEFF}alarm raised: disk north: Größe unbekannt . What to do"))
    #expect(!text.contains("\n"))
  }

  @Test func longTextsAreCutBetweenCharacters() throws {
    let change = try change(AlarmCondition(.disk, "north", .critical, String(repeating: "ß€", count: 2_000)))
    let bytes = SyslogMessage.bytes(change, cluster: "bank", facility: .user, process: 1, dropped: 0)
    #expect((SyslogMessage.byteLimit - 3...SyslogMessage.byteLimit).contains(bytes.count))
    #expect(String(validating: bytes, as: UTF8.self) != nil)
  }

  /// `date -u -d @…` knows these.
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (951_868_799_999, "2000-02-29T23:59:59.999Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
    (4_107_542_400_001, "2100-03-01T00:00:00.001Z"), (1_798_761_599_000, "2026-12-31T23:59:59.000Z"),
    (Int64.max, "9999-12-31T23:59:59.999Z"), (-1, "1970-01-01T00:00:00.000Z"),
  ])
  func timesAreThoseOfTheCalendar(milliseconds: Int64, text: String) throws {
    let change = try change(AlarmCondition(.chaosAllowed, "n", .info, "x"), at: milliseconds)
    #expect(line(change).split(separator: " ")[1] == text)
  }

  @Test func octetsAreCounted() {
    #expect(SyslogMessage.framed(Array("<14>1 ü".utf8)) == Array("8 <14>1 ü".utf8))
  }
}
