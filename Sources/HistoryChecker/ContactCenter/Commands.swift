// Commands and their attempts. Pure.

extension Operation {
  /// The id of the command that it is an attempt of.
  var command: JSONValue? { argument["command"] }

  func has(_ function: ContactCenterFunction) -> Bool { self.function == function.rawValue }
}

enum Commands {
  /// One operation for all attempts of a command: from its first invocation to its first acknowledgment; open if there
  /// is none. Others as they are.
  static func merged(_ operations: [Operation]) -> [Operation] {
    var places: [JSONValue: Int] = [:]
    var merged: [Operation] = []
    for operation in operations {
      guard let command = operation.command else {
        merged.append(operation)
        continue
      }
      guard let place = places[command], merged[place].function == operation.function else {
        places[command] = merged.count
        merged.append(operation)
        continue
      }
      if merged[place].key == .null { merged[place].key = operation.key }
      guard let end = operation.completed else { continue }
      if let known = merged[place].completed, known.position < end.position { continue }
      merged[place].completed = end
      merged[place].result = operation.result
    }
    return merged
  }
}

/// Promise P3: a command that is retried has one effect and gives the same reply.
enum CommandRule {
  static func violations(_ operations: [Operation]) -> [Violation] {
    var firsts: [JSONValue: Operation] = [:]
    var violations: [Violation] = []
    for operation in operations where !operation.isOpen {
      guard let command = operation.command else { continue }
      guard let first = firsts[command] else {
        firsts[command] = operation
        continue
      }
      let isSame =
        first.function == operation.function && first.key == operation.key && first.result == operation.result
      guard !isSame else { continue }
      violations.append(
        Violation(
          rule: .commandTwice, key: operation.key,
          explanation: [
            "command \(command.text ?? command.description) was acknowledged twice, with different effects",
            "line \(first.completed?.line ?? 0): \(first.words) on \(first.key)",
            "line \(operation.completed?.line ?? 0): \(operation.words) on \(operation.key)",
          ], part: HistoryPart([first, operation], culprits: [operation])))
    }
    return violations
  }
}
