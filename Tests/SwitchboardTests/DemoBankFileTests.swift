// Reading a record of calls: the quirks that it is known to have, and mistakes by their line.
import Switchboard
import Testing

/// Lines as the record has them, made up here.
enum BankLines {
  static let header = BankFile.columns.joined(separator: "\t")

  static func line(
    customer: String = "0", priority: String = "0", type: String = "PS", date: String = "990201",
    exit: String = "9:00:00", entry: String = "8:59:50", queued: String = "0:00:00", wait: String = "0",
    outcome: String = "AGENT", start: String = "9:00:00", service: String = "60", server: String = "DANA"
  ) -> String {
    [
      "AA0101", "1", customer, priority, type, date, entry, exit, "10", queued, "0:00:00", wait, outcome,
      start,
      "0:00:00", service, server,
    ].joined(separator: "\t")
  }

  static func file(_ lines: String..., end: String = "\r\n") throws -> BankFile {
    try BankFile(parsing: ([header] + lines).map { $0 + end }.joined())
  }
}

struct DemoBankFileTests {
  @Test(arguments: ["\n", "\r\n"])
  func readsALine(end: String) throws {
    let file = try BankLines.file(
      BankLines.line(
        customer: "23317894", priority: "2", type: "NW", queued: "9:00:00", wait: "25", start: "9:00:25",
        service: "130"),
      end: end)
    let call = try #require(file.calls.first)
    #expect(file.calls.count == 1)
    #expect(call.line == 2)
    #expect(call.customer == "23317894")
    #expect(call.priority == 2)
    #expect(call.type == "NW")
    #expect(call.day == "1999-02-01")
    #expect(call.arrival == 9 * 3_600)
    #expect(call.queueEntry == 9 * 3_600)
    #expect(call.queueSeconds == 25)
    #expect(call.outcome == .agent)
    #expect(call.serviceStart == 9 * 3_600 + 25)
    #expect(call.serviceSeconds == 130)
    #expect(call.server == "DANA")
  }

  @Test func unknownCustomerAndServerAreNil() throws {
    let file = try BankLines.file(BankLines.line(server: "NO_SERVER"))
    #expect(file.calls.first?.customer == nil)
    #expect(file.calls.first?.server == nil)
    #expect(file.calls.first?.wasOffered == true)
  }

  @Test func aSpreadsheetsCustomersStayAsTheyAre() throws {
    let file = try BankLines.file(BankLines.line(customer: "6.02701E+11"))
    #expect(file.calls.first?.customer == "6.02701E+11")
    #expect(throws: BankFileError.self) { try BankLines.file(BankLines.line(customer: "nan")) }
    #expect(throws: BankFileError.self) { try BankLines.file(BankLines.line(customer: "")) }
  }

  @Test func aCallerWhoLeftTheSelfServiceWasNeverOffered() throws {
    let file = try BankLines.file(
      BankLines.line(outcome: "HANG", start: "0:00:00", service: "0", server: "NO_SERVER"),
      BankLines.line(
        queued: "9:00:00", wait: "0", outcome: "HANG", start: "0:00:00", service: "0", server: "NO_SERVER"),
      BankLines.line(queued: "9:00:00", wait: "30", outcome: "PHANTOM", server: "NO_SERVER"))
    #expect(file.calls.map(\.wasOffered) == [false, true, false])
  }

  @Test func selfServiceMayEndBeforeItBeginsOrPastMidnight() throws {
    let file = try BankLines.file(
      BankLines.line(exit: "9:47:17", entry: "9:48:14"), BankLines.line(exit: "0:00:05", entry: "23:59:50"))
    #expect(file.calls.map(\.arrival) == [9 * 3_600 + 47 * 60 + 17, 86_405])
  }

  @Test func daysAreInOrderOfArrival() throws {
    let file = try BankLines.file(
      BankLines.line(date: "990202", exit: "10:00:00"), BankLines.line(date: "990201"),
      BankLines.line(date: "990202", exit: "9:30:00"))
    #expect(file.days == ["1999-02-01", "1999-02-02"])
    #expect(try file.calls(on: "1999-02-02").map(\.line) == [4, 2])
    #expect(throws: BankFileError.noSuchDay(asked: "1999-03-01", days: ["1999-02-01", "1999-02-02"])) {
      try file.calls(on: "1999-03-01")
    }
  }

  @Test func mistakesNameTheirLineAndColumn() {
    func error(_ line: String) -> BankFileError? {
      #expect(throws: BankFileError.self) { try BankLines.file(BankLines.line(), line) }
    }
    #expect(error("AA0101\t1") == .columns(line: 3, found: 2))
    #expect(
      error(BankLines.line(outcome: "GONE"))?.description.hasPrefix("line 3, column outcome: \"GONE\"")
        == true)
    #expect(error(BankLines.line(exit: "25:00:00"))?.description.hasPrefix("line 3, column vru_exit") == true)
    #expect(error(BankLines.line(exit: "9:61:00"))?.description.hasPrefix("line 3, column vru_exit") == true)
    #expect(error(BankLines.line(priority: "12"))?.description.hasPrefix("line 3, column priority") == true)
    #expect(error(BankLines.line(date: "9902"))?.description.hasPrefix("line 3, column date") == true)
    #expect(error(BankLines.line(wait: "x"))?.description.hasPrefix("line 3, column q_time") == true)
    #expect(error(BankLines.line(type: "../x"))?.description.hasPrefix("line 3, column type") == true)
  }

  @Test func otherFilesAreRefused() {
    #expect(throws: BankFileError.header(found: "a b")) { try BankFile(parsing: "a\tb\n1\t2\n") }
    #expect(throws: BankFileError.header(found: "")) { try BankFile(parsing: "") }
    #expect(throws: BankFileError.empty) { try BankFile(parsing: BankLines.header + "\r\n\r\n") }
  }
}
