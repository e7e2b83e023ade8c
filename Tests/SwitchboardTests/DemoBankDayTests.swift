// From recorded calls to a plan: what is known, what is guessed, and who is on duty.
import Switchboard
import Testing

struct DemoBankDayTests {
  private func plan(_ lines: String...) throws -> DayPlan {
    let text = ([BankLines.header] + lines).map { $0 + "\r\n" }.joined()
    return try BankDay(file: BankFile(parsing: text), day: nil).plan()
  }

  private let hangUp = BankLines.line(
    priority: "1", exit: "9:10:00", entry: "9:09:55", queued: "9:10:00", wait: "45", outcome: "HANG",
    start: "0:00:00", service: "0", server: "NO_SERVER")

  @Test func patienceIsKnownOfThoseWhoHungUpOnly() throws {
    let plan = try plan(BankLines.line(priority: "2", service: "77"), hangUp)
    #expect(plan.calls.map(\.patience) == [nil, 45])
    #expect(plan.calls.map(\.priority) == [2, 0])
    #expect(plan.calls.map(\.number) == [1, 2])
    // The one who hung up is served for as long as somebody of that day was.
    #expect(plan.calls.map(\.service) == [77, 77])
    // The plan starts a minute before the first call.
    #expect(plan.calls.map(\.arrival) == [60, 660])
  }

  @Test func figuresCountWhatWasNotReplayed() throws {
    let recorded = try plan(
      BankLines.line(queued: "9:00:00", wait: "30", start: "9:00:30"), BankLines.line(), hangUp,
      BankLines.line(outcome: "HANG", start: "0:00:00", service: "0", server: "NO_SERVER"),
      BankLines.line(outcome: "PHANTOM")
    ).recorded
    #expect(
      recorded
        == RecordedFigures(
          calls: 5, answered: 2, abandoned: 1, meanWaitSeconds: 15, leftBeforeQueue: 1, phantoms: 1))
  }

  @Test func aServerIsAwayInPausesOfMoreThanTenMinutes() throws {
    let plan = try plan(
      BankLines.line(), BankLines.line(exit: "9:10:00", entry: "9:09:50", start: "9:10:00"),
      BankLines.line(exit: "11:00:00", entry: "10:59:50", start: "11:00:00"),
      // Somebody else keeps the center busy meanwhile.
      BankLines.line(exit: "10:10:00", entry: "10:09:50", start: "10:10:00", service: "600", server: "EVA"),
      BankLines.line(exit: "15:00:00", entry: "14:59:50", start: "15:00:00", server: "EVA"))
    let dana = try #require(plan.agents.first { $0.name == "DANA" })
    #expect(dana.shifts == [.init(from: 0, to: 780), .init(from: 7_200, to: 7_380)])
    // The last to work stays until nobody waits.
    #expect(plan.agents.first { $0.name == "EVA" }?.shifts.last?.to == nil)
  }

  @Test func quietTimeIsShortened() throws {
    let plan = try plan(
      BankLines.line(exit: "1:00:00", entry: "1:00:00", start: "1:00:00"),
      BankLines.line(exit: "8:00:00", entry: "8:00:00", start: "8:00:00"))
    // Busy until 1:02:00 (a minute's service, a minute's margin), ten minutes kept, then a minute's margin.
    #expect(plan.calls.map(\.arrival) == [60, 840])
    #expect(plan.title.contains("6 quiet hours"))
  }

  @Test func serversTakeTheTypesTheyTookAndWhatNobodyTook() throws {
    let plan = try plan(
      BankLines.line(type: "PS"), BankLines.line(type: "NW", server: "EVA"),
      BankLines.line(type: "IN", server: "NO_SERVER"))
    #expect(plan.queues == ["IN", "NW", "PS"])
    #expect(plan.agents.map(\.name) == ["DANA", "EVA"])
    #expect(plan.agents.map(\.queues) == [["IN", "PS"], ["IN", "NW"]])
  }

  @Test func theSameFileGivesTheSamePlan() throws {
    let lines = (0..<50).map { number in
      number.isMultiple(of: 3) ? hangUp : BankLines.line(service: "\(30 + number)")
    }
    let text = ([BankLines.header] + lines).map { $0 + "\n" }.joined()
    let first = try BankDay(file: BankFile(parsing: text), day: "1999-02-01").plan()
    #expect(try BankDay(file: BankFile(parsing: text), day: "1999-02-01").plan() == first)
    #expect(Set(first.calls.filter { $0.patience != nil }.map(\.service)).count > 5)
  }
}
