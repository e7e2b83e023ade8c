// A search that is cut short says "unknown", which limit, and how far it was; never "ok".
import HistoryChecker
import Testing

@Suite struct LimitTests {
  private static func hard(_ openShare: Double = 0.05) throws -> History {
    var generator = HistoryGenerator(model: .queue, operations: 3_000, processes: 40)
    generator.valueRange = 3
    generator.openShare = openShare
    return try History(records: generator.records(seed: 1))
  }

  @Test func steps() throws {
    let report = try HistoryCheck(model: .queue, limits: CheckLimits(steps: 50)).run(try Self.hard())
    guard case .unknown(let shortfalls) = report.verdict, let first = shortfalls.first else {
      Issue.record("\(report.verdict)")
      return
    }
    #expect(first.limit == .steps)
    #expect(first.placed > 0 && first.placed < first.of)
    #expect(report.steps == 50)
    #expect(report.keysDecided == 0)
    #expect(report.text.contains("unknown") && report.text.contains("steps limit"))
  }

  @Test func memory() throws {
    let limits = CheckLimits(time: .seconds(60), memory: 64 << 10)
    let report = try HistoryCheck(model: .queue, limits: limits).run(try Self.hard())
    guard case .unknown(let shortfalls) = report.verdict else {
      Issue.record("\(report.verdict)")
      return
    }
    #expect(shortfalls.map(\.limit) == [.memory])
  }

  /// What a machine puts aside while it searches counts, too: here the totals of additions that may have happened.
  @Test func memoryOfTotals() throws {
    var recording = Recording()
    for bit in 0..<14 as Range<Int64> {
      recording.invoke(bit, "add", .integer(1 << bit))
      recording.end(bit, kind: .info)
    }
    recording.run(99, "read", gives: .integer(1 << 20))
    let limits = CheckLimits(time: .seconds(60), memory: 3 << 20)
    guard case .unknown(let shortfalls) = try recording.verdict(.register, limits: limits) else {
      Issue.record("the search must not end: there is room for its configurations, and not for the totals")
      return
    }
    #expect(shortfalls.map(\.limit) == [.memory])
  }

  /// And the contents that a queue has had.
  @Test func memoryOfContents() throws {
    var recording = Recording()
    for value in 0..<12_000 as Range<Int64> { recording.run(1, "enqueue", .integer(value)) }
    // The configurations alone need 917,504 bytes, when their table grows; the contents as much as makes it 1,212,416.
    let large = CheckLimits(time: .seconds(60), memory: 1 << 21)
    #expect(try recording.verdict(.queue, limits: large) == .ok)
    let small = CheckLimits(time: .seconds(60), memory: 1 << 20)
    guard case .unknown(let shortfalls) = try recording.verdict(.queue, limits: small) else {
      Issue.record("the search must not end")
      return
    }
    #expect(shortfalls.map(\.limit) == [.memory])
  }

  @Test func nothingToCheckIsSaid() throws {
    for model in Model.allCases {
      let report = try HistoryCheck(model: model).run(try HistoryReader.read("\n"))
      #expect(report.verdict == .ok)
      #expect(report.text.contains("no operations: nothing was checked"))
      #expect(report.json.description.contains("no operations"))
    }
  }

  @Test func time() throws {
    let check = HistoryCheck(model: .queue, limits: CheckLimits(time: .seconds(3))) { .seconds(3) }
    guard case .unknown(let shortfalls) = try check.run(try Self.hard()).verdict else {
      Issue.record("the search must not end")
      return
    }
    #expect(shortfalls.map(\.limit) == [.time])
  }

  @Test func aViolationElsewhereIsStillFound() throws {
    var generator = HistoryGenerator(model: .queue, operations: 400, processes: 40)
    generator.valueRange = 3
    generator.openShare = 0.05
    var records = generator.records(seed: 1)
    let last = records.last?.time ?? 0
    for (kind, value) in [(HistoryRecord.Kind.invoke, JSONValue.null), (.ok, 5)] {
      records.append(
        HistoryRecord(process: 99, kind: kind, function: "dequeue", key: "other", value: value, time: last))
    }
    let report = try HistoryCheck.run(records: records, model: .queue, limits: CheckLimits(steps: 50))
    guard case .violated(let violations) = report.verdict else {
      Issue.record("\(report.verdict)")
      return
    }
    #expect(violations.map(\.key) == ["other"])
  }
}
