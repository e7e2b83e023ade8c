// What an operation says of a register: its function, argument and result in one value. Pure.

/// Values are numbers of a `ValueTable`; null is 0.
enum RegisterStep: Equatable {
  case read(Int)
  case write(Int)
  /// It found `from` and left `to`: a `cas` that succeeded, or an `add` whose new total is known.
  case swap(from: Int, to: Int)
  /// An `add` that found nothing or 0.
  case begin(to: Int, zero: Int)
  /// A `cas` that found anything but this.
  case mismatch(from: Int)
  case openSwap(from: Int, to: Int)
  case openAdd(Int64)
  /// No register has this result: the total of an `add` that overflows.
  case impossible

  static func parse(_ operation: Operation, _ table: inout ValueTable) throws(HistoryError) -> RegisterStep? {
    func wrong(_ problem: HistoryProblem, at moment: Operation.Moment) -> HistoryError {
      HistoryError(line: moment.line, problem: problem)
    }
    let function = operation.function
    let end = operation.completed ?? operation.invoked
    switch function {
    case "read":
      return operation.result.map { .read(table.number(of: $0)) }
    case "write":
      return .write(table.number(of: operation.argument))
    case "delete":
      return .write(0)
    case "cas":
      guard let pair = operation.argument.elements, pair.count == 2 else {
        throw wrong(.argument(function: function, wanted: "[from, to]"), at: operation.invoked)
      }
      let (from, to) = (table.number(of: pair[0]), table.number(of: pair[1]))
      switch operation.result {
      case nil: return .openSwap(from: from, to: to)
      case .bool(true): return .swap(from: from, to: to)
      case .bool(false): return .mismatch(from: from)
      default: throw wrong(.result(function: function, wanted: "true or false"), at: end)
      }
    default:
      guard let delta = operation.argument.number else {
        throw wrong(.argument(function: function, wanted: "an integer"), at: operation.invoked)
      }
      guard let result = operation.result else { return .openAdd(delta) }
      guard let total = result.number else {
        throw wrong(.result(function: function, wanted: "an integer, the new total"), at: end)
      }
      let (before, overflow) = total.subtractingReportingOverflow(delta)
      if overflow { return .impossible }
      let (from, to) = (table.number(of: .integer(before)), table.number(of: .integer(total)))
      return before == 0 ? .begin(to: to, zero: from) : .swap(from: from, to: to)
    }
  }
}
