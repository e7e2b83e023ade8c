// What can be wrong with a history file. Pure.

/// What is wrong with a line of a history. None of it is a statement about the system that was observed.
public enum HistoryProblem: Error, Equatable, Sendable, CustomStringConvertible {
  case notJSON(JSONProblem)
  case notAnObject
  case tooLong(limit: Int)
  case tooMany(limit: Int)
  case unknownField(String)
  case field(String, wanted: String)
  case completionWithoutInvocation(process: Int64)
  /// The process has not ended the operation that it invoked in `line`.
  case secondInvocation(process: Int64, line: Int)
  case timeDecreases(from: Int64, to: Int64)
  /// The end of an operation names another function or key than its invocation in `line`.
  case mismatch(field: String, line: Int)
  case unknownFunction(String, model: Model)
  case argument(function: String, wanted: String)
  case result(function: String, wanted: String)

  public var description: String {
    switch self {
    case .notJSON(let problem): "not JSON: \(problem.reason) (byte \(problem.column) of the line)"
    case .notAnObject: "a line must be one JSON object"
    case .tooLong(let limit): "the line is longer than \(limit) bytes"
    case .tooMany(let limit): "there are more than \(limit) events; check the file in parts"
    case .unknownField(let name):
      "the field \(JSONValue.string(name)) is not known: use process, type, f, key, value, time (error and index are ignored)"
    case .field(let name, let wanted): "\"\(name)\" must be \(wanted)"
    case .completionWithoutInvocation(let process):
      "process \(process) ends an operation that it has not invoked"
    case .secondInvocation(let process, let line):
      "process \(process) invokes an operation while the one of line \(line) has not ended; end that with \"info\" if nobody knows"
    case .timeDecreases(let from, let to): "the time goes back from \(from) to \(to): sort the file by time"
    case .mismatch(let field, let line):
      "\"\(field)\" is not that of the invocation in line \(line)"
    case .unknownFunction(let function, let model):
      "\"\(function)\" is no function of the model \(model.rawValue): it has \(model.functions.joined(separator: ", "))"
    case .argument(let function, let wanted): "the value of \(function)'s invocation must be \(wanted)"
    case .result(let function, let wanted): "the value of \(function)'s \"ok\" must be \(wanted)"
    }
  }
}

/// A history that cannot be read: which line, and what is wrong with it.
public struct HistoryError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Counted from 1.
  public var line: Int
  public var problem: HistoryProblem

  public init(line: Int, problem: HistoryProblem) {
    self.line = line
    self.problem = problem
  }

  public var description: String { "line \(line): \(problem)" }
}
