// A history as operations: pairs invocations with their ends. Pure.

/// Everything that was recorded of one run.
public struct History: Sendable {
  /// By invocation.
  public internal(set) var operations: [Operation] = []
  /// How many invocations ended in `fail`; these are left out of `operations`.
  public internal(set) var failed = 0

  /// A history of these events, which count as lines from 1.
  public init(records: some Sequence<HistoryRecord>) throws(HistoryError) {
    var builder = HistoryBuilder()
    var line = 0
    for record in records {
      line += 1
      try builder.append(record, line: line)
    }
    self = builder.finish()
  }

  init(operations: [Operation], failed: Int) {
    self.operations = operations
    self.failed = failed
  }

  /// How many operations have an unknown outcome.
  public var open: Int { operations.count { $0.isOpen } }

  /// The operations of each key, keys in the order of their first operation.
  func byKey() -> [[Operation]] {
    var places: [JSONValue: Int] = [:]
    var groups: [[Operation]] = []
    for operation in operations {
      if let place = places[operation.key] {
        groups[place].append(operation)
      } else {
        places[operation.key] = groups.count
        groups.append([operation])
      }
    }
    return groups
  }
}

/// Takes the events of a history one by one.
struct HistoryBuilder {
  static let eventLimit = 20_000_000

  private var operations: [Operation?] = []
  /// The place in `operations` of the operation that a process has invoked and not ended.
  private var pending: [Int64: Int] = [:]
  private var failed = 0
  private var position = 0
  private var lastTime: Int64?

  init() {}

  mutating func append(_ record: HistoryRecord, line: Int) throws(HistoryError) {
    func wrong(_ problem: HistoryProblem) -> HistoryError { HistoryError(line: line, problem: problem) }
    guard position < Self.eventLimit else { throw wrong(.tooMany(limit: Self.eventLimit)) }
    if let lastTime, record.time < lastTime { throw wrong(.timeDecreases(from: lastTime, to: record.time)) }
    lastTime = record.time
    let moment = Operation.Moment(position: position, line: line, time: record.time)
    position += 1
    guard record.kind != .invoke else {
      if let open = pending[record.process], let operation = operations[open] {
        throw wrong(.secondInvocation(process: record.process, line: operation.invoked.line))
      }
      pending[record.process] = operations.count
      operations.append(
        Operation(
          process: record.process, function: record.function, key: record.key, argument: record.value,
          result: nil, invoked: moment, completed: nil))
      return
    }
    guard let place = pending.removeValue(forKey: record.process), var operation = operations[place] else {
      throw wrong(.completionWithoutInvocation(process: record.process))
    }
    guard record.function == operation.function else {
      throw wrong(.mismatch(field: "f", line: operation.invoked.line))
    }
    if operation.key == .null { operation.key = record.key }
    guard record.key == .null || record.key == operation.key else {
      throw wrong(.mismatch(field: "key", line: operation.invoked.line))
    }
    switch record.kind {
    case .invoke, .info: break
    case .ok:
      operation.result = record.value
      operation.completed = moment
    case .fail:
      failed += 1
      operations[place] = nil
      return
    }
    operations[place] = operation
  }

  /// What was invoked and never ended has an unknown outcome.
  consuming func finish() -> History {
    History(operations: operations.compactMap { $0 }, failed: failed)
  }
}
