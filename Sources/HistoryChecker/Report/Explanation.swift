// Says in words why a history has no order. Pure but for the budget.

/// Turns "there is no order" into the smallest part that shows it, and sentences.
struct Explanation {
  let model: Model
  var start = InteractionMachine.Life.unborn

  /// How long the shortening may take, beyond the check's own limit.
  private static let extraTime = Duration.seconds(10)
  /// Of the search without shortcuts for the longest order.
  private static let stepLimit = 2_000_000
  /// How many operations are shown at most.
  private static let shownLimit = 40

  /// - Parameter total: how many operations the key has, when these are a part of them.
  func violation(
    of operations: [Operation], total: Int? = nil, _ budget: inout Budget
  ) throws(HistoryError) -> Violation {
    var own = Budget(budget.limits, elapsed: budget.elapsed)
    own.deadline = budget.elapsed() + Self.extraTime
    let part = Minimizer(model: model, start: start).minimize(operations, &own)
    own.limits.steps = Self.stepLimit
    own.deadline = budget.elapsed() + Self.extraTime
    let outcome = try KeySearch(part, model: model, start: start).run(&own, explaining: true)
    return Violation(
      rule: .notLinearizable, key: operations.first?.key ?? .null,
      explanation: words(part, of: total ?? operations.count, outcome)
        + tried(operations.count { $0.isOpen } - part.count { $0.isOpen }), part: shown(part, outcome))
  }

  private func words(_ part: [Operation], of total: Int, _ outcome: KeySearch.Outcome) -> [String] {
    var words: [String] = []
    let key = part.first?.key ?? .null
    words.append(
      "no order of the operations\(key == .null ? "" : " on \(key)") explains their results; \(part.count) of \(total) are enough to show it"
    )
    if outcome.order.isEmpty {
      words.append("nothing can come first: the object begins as \(outcome.states.joined(separator: " or "))")
    } else {
      let order = outcome.order.suffix(Self.shownLimit)
      let dots = order.count < outcome.order.count ? "… (\(outcome.order.count - order.count) before) → " : ""
      words.append("the longest order found: " + dots + order.map(\.words).joined(separator: " → "))
      words.append(
        "after that, the state is \(outcome.states.joined(separator: ", or in another order of the same length "))"
      )
    }
    for stuck in outcome.stuck {
      words.append(
        "\(stuck.words) (process \(stuck.process), line \(stuck.invoked.line)) had to come next, as it had ended before the others began; its result does not agree"
      )
    }
    if case .unknown(let limit) = outcome.answer {
      words.append(
        "the longest order is that of a search that reached its \(limit.rawValue) limit; the violation itself was searched to the end"
      )
    }
    return words
  }

  private func tried(_ open: Int) -> [String] {
    guard open > 0 else { return [] }
    return [
      "\(open) operations of unknown outcome, which are not shown, may have an effect or not: they do not explain it either"
    ]
  }

  /// The end of a long part, with everything that the words name.
  private func shown(_ part: [Operation], _ outcome: KeySearch.Outcome) -> HistoryPart {
    guard part.count > Self.shownLimit else {
      return HistoryPart(part, culprits: outcome.stuck, order: outcome.order)
    }
    let sorted = part.sorted { $0.invoked.position < $1.invoked.position }
    var shown = Array(sorted.suffix(Self.shownLimit))
    for stuck in outcome.stuck where !shown.contains(stuck) { shown.append(stuck) }
    return HistoryPart(shown, culprits: outcome.stuck, order: outcome.order)
  }
}

extension Operation {
  /// `write 3`, `cas [1,2] → true`, `read → ?` when the outcome is unknown.
  public var words: String {
    let said = argument == .null ? function : "\(function) \(argument)"
    guard let result else { return said + " → ?" }
    switch function {
    case "write", "delete", "enqueue": return said
    default: return said + " → \(result)"
    }
  }
}
