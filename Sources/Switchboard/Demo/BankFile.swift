// Reads a record of calls from its tab-separated text. Pure: the text comes in as a parameter.

/// What is wrong with a record of calls. None is worth a retry: the file or the day asked for must change.
package enum BankFileError: Error, Equatable, CustomStringConvertible {
  case header(found: String)
  case columns(line: Int, found: Int)
  case value(line: Int, column: String, value: String, expected: String)
  case noSuchDay(asked: String, days: [String])
  case empty

  package var isRetryable: Bool { false }

  package var description: String {
    switch self {
    case .header(let found):
      "line 1: the header is not that of a record of calls: it must be \(BankFile.columns.joined(separator: " ")), "
        + "separated by tabs, and is \"\(found)\""
    case .columns(let line, let found):
      "line \(line): \(found) columns, and there must be \(BankFile.columns.count), separated by tabs"
    case .value(let line, let column, let value, let expected):
      "line \(line), column \(column): \"\(value)\" is not \(expected)"
    case .noSuchDay(let asked, let days):
      "there are no calls on \(asked) in the file; it has \(days.joined(separator: ", "))"
    case .empty: "the file has no calls, only a header"
    }
  }
}

/// A whole record: every line is read, or the first bad one is named.
package struct BankFile: Equatable, Sendable {
  package static let columns = [
    "vru+line", "call_id", "customer_id", "priority", "type", "date", "vru_entry", "vru_exit", "vru_time",
    "q_start",
    "q_exit", "q_time", "outcome", "ser_start", "ser_exit", "ser_time", "server",
  ]

  package let calls: [BankCall]

  package init(parsing text: String) throws(BankFileError) {
    // By bytes, and both \n and \r\n: to Swift the latter is one character.
    let lines = Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let header = Self.fields(lines.first ?? [])
    guard header == Self.columns else {
      throw .header(found: String(header.joined(separator: " ").prefix(120)))
    }
    var calls: [BankCall] = []
    calls.reserveCapacity(lines.count)
    for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty && line != [Self.carriageReturn] {
      calls.append(try LineReader(line: index + 1, fields: Self.fields(line)).call())
    }
    guard !calls.isEmpty else { throw .empty }
    self.calls = calls
  }

  /// The days in the file, in order.
  package var days: [String] { Set(calls.map(\.day)).sorted() }

  /// The calls of one day, in order of arrival and then of the file.
  package func calls(on day: String) throws(BankFileError) -> [BankCall] {
    let found = calls.filter { $0.day == day }
    guard !found.isEmpty else { throw .noSuchDay(asked: day, days: days) }
    return found.sorted { ($0.arrival, $0.line) < ($1.arrival, $1.line) }
  }

  private static let carriageReturn = UInt8(ascii: "\r")

  private static func fields(_ line: ArraySlice<UInt8>) -> [String] {
    let content = line.last == carriageReturn ? line.dropLast() : line
    return content.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}

/// Reads the values of one line.
private struct LineReader {
  let line: Int
  let fields: [String]

  func call() throws(BankFileError) -> BankCall {
    guard fields.count == BankFile.columns.count else { throw .columns(line: line, found: fields.count) }
    let queueEntry = try time(9)
    let serviceStart = try time(13)
    guard let outcome = BankCall.Outcome(rawValue: fields[12]) else {
      throw bad(12, "AGENT, HANG or PHANTOM")
    }
    guard (1...8).contains(fields[4].utf8.count), fields[4].allSatisfy({ $0.isASCII && $0.isLetter }) else {
      throw bad(4, "a type of call such as PS")
    }
    return BankCall(
      line: line, customer: try customer(2), priority: try priority(3), type: fields[4],
      day: try date(5), selfServiceEntry: try time(6), selfServiceExit: try time(7),
      // Midnight stands for "none": nobody would know a queue entry at midnight sharp from it.
      queueEntry: queueEntry == 0 && fields[11] == "0" ? nil : queueEntry,
      queueSeconds: max(0, try number(11)),
      outcome: outcome, serviceStart: serviceStart == 0 && fields[15] == "0" ? nil : serviceStart,
      serviceSeconds: max(0, try number(15)), server: fields[16] == "NO_SERVER" ? nil : try server(16))
  }

  private func number(_ column: Int) throws(BankFileError) -> Int {
    guard let number = Int(fields[column]) else { throw bad(column, "a whole number") }
    return number
  }

  /// Digits; but a spreadsheet once wrote the long ones as `6.02701E+11`, which are kept as they are.
  private func customer(_ column: Int) throws(BankFileError) -> String? {
    let text = fields[column]
    guard (1...32).contains(text.utf8.count), Double(text) != nil, text.first?.isNumber == true else {
      throw bad(column, "the number of a customer")
    }
    return text == "0" ? nil : text
  }

  private func priority(_ column: Int) throws(BankFileError) -> Int {
    let priority = try number(column)
    guard (0...9).contains(priority) else { throw bad(column, "a priority from 0 to 9") }
    return priority
  }

  /// `7:02:47`; hours up to 24, which the record has for midnight.
  private func time(_ column: Int) throws(BankFileError) -> Int {
    let parts = fields[column].split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard parts.count == 3, (0...24).contains(parts[0]), (0...59).contains(parts[1]),
      (0...59).contains(parts[2])
    else { throw bad(column, "a time of day, hours:minutes:seconds") }
    return parts[0] * 3_600 + parts[1] * 60 + parts[2]
  }

  /// `990201`: years from 70 on belong to the last century.
  private func date(_ column: Int) throws(BankFileError) -> String {
    let digits = Array(fields[column])
    guard digits.count == 6, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
      throw bad(column, "a date, six digits yymmdd")
    }
    let year = (digits[0] >= "7" ? "19" : "20") + String(digits[0...1])
    return "\(year)-\(String(digits[2...3]))-\(String(digits[4...5]))"
  }

  private func server(_ column: Int) throws(BankFileError) -> String {
    let name = fields[column]
    guard !name.isEmpty, name.utf8.count <= 32, name.utf8.allSatisfy({ (0x21...0x7A).contains($0) }) else {
      throw bad(column, "the name of a server")
    }
    return name
  }

  private func bad(_ column: Int, _ expected: String) -> BankFileError {
    .value(
      line: line, column: BankFile.columns[column], value: String(fields[column].prefix(40)),
      expected: expected)
  }
}
