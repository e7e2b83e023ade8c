// The sequential objects once more, written plainly, as an oracle for the checker's machines.
import HistoryChecker

/// Registers and queues of all keys. Each function gives the result that a correct object gives.
struct ReferenceObject: Hashable {
  private var values: [JSONValue: JSONValue] = [:]
  private var lines: [JSONValue: [JSONValue]] = [:]

  mutating func perform(_ function: String, key: JSONValue, _ argument: JSONValue) -> JSONValue {
    let present = values[key] ?? .null
    switch function {
    case "read": return present
    case "write":
      values[key] = argument
      return argument
    case "delete":
      values[key] = JSONValue.null
      return .null
    case "cas":
      guard case .array(let pair) = argument, pair[0] == present else { return false }
      values[key] = pair[1]
      return true
    case "add":
      guard present == .null || present.number != nil else { return "not a number" }
      let total = JSONValue.integer((present.number ?? 0) + (argument.number ?? 0))
      values[key] = total
      return total
    case "enqueue":
      lines[key, default: []].append(argument)
      return argument
    case "dequeue":
      guard let line = lines[key], !line.isEmpty else { return .null }
      return lines[key]?.removeFirst() ?? .null
    default: return .null
    }
  }

  /// Whether the result of an operation says anything.
  static func observes(_ function: String) -> Bool {
    function != "write" && function != "delete" && function != "enqueue"
  }
}

/// Tries every order: the definition of linearizability, word by word. For a handful of operations.
struct BruteForce {
  static func isLinearizable(_ operations: [HistoryChecker.Operation]) -> Bool {
    search(operations, ReferenceObject())
  }

  private static func search(_ left: [HistoryChecker.Operation], _ object: ReferenceObject) -> Bool {
    if left.allSatisfy(\.isOpen) { return true }
    for (number, operation) in left.enumerated() {
      guard !left.contains(where: { $0.precedes(operation) }) else { continue }
      var next = object
      let result = next.perform(operation.function, key: operation.key, operation.argument)
      if let known = operation.result, ReferenceObject.observes(operation.function), known != result {
        continue
      }
      var rest = left
      rest.remove(at: number)
      if search(rest, next) { return true }
    }
    return false
  }
}
