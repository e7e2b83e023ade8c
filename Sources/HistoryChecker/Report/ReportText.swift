// A report as text for a person, and as JSON for a program. Pure.

extension CheckReport {
  /// `ok`, `violated` or `unknown`.
  public var word: String {
    switch verdict {
    case .ok: "ok"
    case .violated: "violated"
    case .unknown: "unknown"
    }
  }

  public var text: String {
    let counts =
      "\(operations) operations (\(open) of unknown outcome; \(failed) more failed) on \(keys) keys, \(keysDecided) searched to the end, \(steps) steps"
    var lines: [String] = []
    switch verdict {
    case .ok: lines.append("ok: the history agrees with the model \(model.rawValue)")
    case .violated(let violations):
      lines.append("violated: the history contradicts the model \(model.rawValue)")
      for violation in violations {
        lines.append("")
        lines.append("\(violation.rule.rawValue): " + (violation.explanation.first ?? ""))
        lines += violation.explanation.dropFirst().map { "  " + $0 }
        lines.append("  the part that shows it:")
        lines += violation.part.lines.map { "  " + $0 }
      }
      lines.append("")
    case .unknown(let shortfalls):
      lines.append("unknown: nothing contradicts the model \(model.rawValue), but the search did not end")
      lines += shortfalls.prefix(20).map { "  \($0)" }
      if shortfalls.count > 20 { lines.append("  and \(shortfalls.count - 20) keys more") }
    }
    lines.append(counts)
    lines += notes.map { "note: \($0)" }
    return lines.joined(separator: "\n")
  }

  public var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("verdict", .string(word)), ("model", .string(model.rawValue)),
      ("operations", .integer(Int64(operations))),
      ("unknownOutcomes", .integer(Int64(open))), ("failed", .integer(Int64(failed))),
      ("keys", .integer(Int64(keys))), ("keysDecided", .integer(Int64(keysDecided))),
      ("steps", .integer(Int64(steps))), ("notes", .array(notes.map { .string($0) })),
    ]
    switch verdict {
    case .ok: break
    case .violated(let violations): members.append(("violations", .array(violations.map(\.json))))
    case .unknown(let shortfalls): members.append(("limits", .array(shortfalls.map(\.json))))
    }
    return .members(members)
  }
}

extension Shortfall {
  var json: JSONValue {
    .members([
      ("key", key), ("limit", .string(limit.rawValue)), ("placed", .integer(Int64(placed))),
      ("of", .integer(Int64(of))),
    ])
  }
}

extension Violation {
  var json: JSONValue {
    .members([
      ("rule", .string(rule.rawValue)), ("key", key),
      ("explanation", .array(explanation.map { .string($0) })),
      ("lines", .array(part.operations.map { .integer(Int64($0.invoked.line)) })),
      ("culprits", .array(part.culprits.map { .integer(Int64(part.operations[$0].invoked.line)) })),
    ])
  }
}

extension HistoryPart {
  /// A line for each operation; `!` marks those that cannot be.
  var lines: [String] {
    operations.enumerated().map { number, operation in
      let end = operation.completed.map { "\($0.line)" } ?? "…"
      let mark = culprits.contains(number) ? "!" : " "
      let key = operation.key == .null ? "" : "on \(operation.key): "
      return
        "\(mark) lines \(operation.invoked.line)–\(end), process \(operation.process), \(key)\(operation.words)"
    }
  }
}
