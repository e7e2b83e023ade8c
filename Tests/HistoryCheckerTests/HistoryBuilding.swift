// Writes small histories in few words.
import HistoryChecker

/// Events in the order in which they are added; each takes one millisecond.
struct Recording {
  private(set) var records: [HistoryRecord] = []
  private var calls: [Int64: HistoryRecord] = [:]

  mutating func invoke(
    _ process: Int64, _ function: String, _ value: JSONValue = .null, key: JSONValue = "k"
  ) {
    let record = HistoryRecord(
      process: process, kind: .invoke, function: function, key: key, value: value, time: time)
    calls[process] = record
    records.append(record)
  }

  mutating func end(
    _ process: Int64, _ value: JSONValue = .null, kind: HistoryRecord.Kind = .ok, key: JSONValue? = nil
  ) {
    guard var record = calls[process] else { return }
    record.kind = kind
    record.value = value
    record.time = time
    if let key { record.key = key }
    records.append(record)
  }

  /// An invocation and its end with nothing between.
  mutating func run(
    _ process: Int64, _ function: String, _ value: JSONValue = .null, gives result: JSONValue = .null,
    key: JSONValue = "k"
  ) {
    invoke(process, function, value, key: key)
    end(process, result)
  }

  private var time: Int64 { Int64(records.count) * 1_000_000 }

  func verdict(_ model: Model, limits: CheckLimits = CheckLimits()) throws -> Verdict {
    try HistoryCheck.run(records: records, model: model, limits: limits).verdict
  }

  func violations(_ model: Model) throws -> [Violation] {
    if case .violated(let violations) = try verdict(model) { violations } else { [] }
  }

  func rules(_ model: Model) throws -> [Violation.Rule] { try violations(model).map(\.rule) }
}
