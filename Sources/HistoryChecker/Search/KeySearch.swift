// From the operations of one key to an answer: picks the machine, drops what cannot matter, runs the search. Pure.

/// The operations of one key with what they mean.
struct KeySearch {
  private enum Subject {
    case register([RegisterStep])
    case queue([QueueStep])
    case interaction([InteractionStep], start: InteractionMachine.Life)
  }

  enum Answer {
    case linearizable
    case impossible
    case unknown(CheckLimit)
  }

  struct Outcome {
    var answer: Answer
    /// How many of the completed operations were placed at most.
    var placed: Int
    /// Only when asked for: the longest order that was found.
    var order: [Operation] = []
    /// The states that such orders end in.
    var states: [String] = []
    /// What had to come next and could not.
    var stuck: [Operation] = []
  }

  /// Completed ones first, each group by invocation; without those that cannot matter.
  let operations: [Operation]
  private let subject: Subject
  private let table: ValueTable

  var completed: Int { operations.firstIndex { $0.isOpen } ?? operations.count }

  init(
    _ operations: [Operation], model: Model, start: InteractionMachine.Life = .unborn
  ) throws(HistoryError) {
    var table = ValueTable()
    let sorted = operations.filter { !$0.isOpen } + operations.filter(\.isOpen)
    switch model {
    case .register, .keyValue:
      let meant = try Self.meant(sorted) { operation throws(HistoryError) in
        try RegisterStep.parse(operation, &table)
      }
      let kept = OpenRelevance.register(meant)
      self.operations = kept.map(\.operation)
      subject = .register(kept.map(\.step))
    case .queue:
      let meant = try Self.meant(sorted) { operation throws(HistoryError) in
        try QueueStep.parse(operation, &table)
      }
      let kept = OpenRelevance.queue(meant)
      self.operations = kept.map(\.operation)
      subject = .queue(kept.map(\.step))
    case .contactCenter:
      let meant = try Self.meant(sorted) { operation throws(HistoryError) in
        try InteractionStep.parse(operation, &table)
      }
      self.operations = meant.map(\.operation)
      subject = .interaction(meant.map(\.step), start: start)
    }
    self.table = table
  }

  private static func meant<Step>(
    _ operations: [Operation], _ parse: (Operation) throws(HistoryError) -> Step?
  ) throws(HistoryError) -> [Meant<Step>] {
    var meant: [Meant<Step>] = []
    meant.reserveCapacity(operations.count)
    for operation in operations {
      if let step = try parse(operation) { meant.append(Meant(operation: operation, step: step)) }
    }
    return meant
  }

  /// `explaining`: also finds the longest order, without shortcuts; for short histories.
  func run(_ budget: inout Budget, shortcuts: Bool = true, explaining: Bool = false) -> Outcome {
    switch subject {
    case .register(let steps):
      run(
        RegisterMachine(steps: steps, completed: completed, table: table), &budget, shortcuts, explaining)
    case .queue(let steps):
      run(QueueMachine(steps: steps, operations: operations, table: table), &budget, shortcuts, explaining)
    case .interaction(let steps, let start):
      run(InteractionMachine(steps: steps, table: table, start: start), &budget, shortcuts, explaining)
    }
  }

  private func run<Machine: SequentialMachine>(
    _ machine: Machine, _ budget: inout Budget, _ shortcuts: Bool, _ explaining: Bool
  ) -> Outcome {
    var search = LinearizabilitySearch(
      operations, machine: machine, shortcuts: shortcuts && !explaining, keepsDeepest: explaining,
      byteLimit: budget.limits.memory)
    let (isLinearizable, limit) = budget.run(&search)
    var outcome = Outcome(
      answer: limit.map { .unknown($0) } ?? (isLinearizable ? .linearizable : .impossible),
      placed: isLinearizable ? completed : max(0, search.deepest.count))
    if explaining {
      outcome.order = search.deepest.order.map { operations[$0] }
      outcome.states = search.deepest.states
      outcome.stuck = search.deepest.stuck.map { operations[$0] }
    }
    return outcome
  }
}

/// An operation with what it says of the model's object.
struct Meant<Step> {
  var operation: Operation
  var step: Step
}
