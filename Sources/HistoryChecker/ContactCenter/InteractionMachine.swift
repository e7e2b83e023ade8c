// The life of an interaction as a sequential object for the search. Pure.

/// An interaction as its commands see it. What happens inside (offers, missed offers, the end of wrap-up by time) is not in
/// a history: `open` is all of waiting, offered, in self-service and waiting for a callback.
///
///     unborn → open → held → ended → closed
///                ↑↓              ↑ abandon (from open)
///             requeue
struct InteractionMachine: SequentialMachine {
  enum Life: Equatable {
    case unborn
    case open
    case held(Int)
    /// Completed by the agent; wrap-up may be over or not.
    case ended(Int)
    case closed
  }

  private let steps: [InteractionStep]
  private let table: ValueTable
  private var life: Life
  private var past: [Life] = []

  init(steps: [InteractionStep], table: ValueTable, start: Life) {
    self.steps = steps
    self.table = table
    life = start
  }

  var stateCode: UInt64 {
    switch life {
    case .unborn: 0
    case .open: 1
    case .closed: 2
    case .held(let agent): UInt64(agent) << 2 | 3
    case .ended(let agent): UInt64(agent) << 2 | 1 << 40
    }
  }

  var stateText: String {
    switch life {
    case .unborn: "not created"
    case .open: "with no agent"
    case .held(let agent): "held by \(table.values[agent])"
    case .ended(let agent): "completed by \(table.values[agent])"
    case .closed: "closed"
    }
  }

  mutating func apply(_ operation: Int) -> Bool {
    guard let next = next(steps[operation]) else { return false }
    past.append(life)
    life = next
    return true
  }

  mutating func undo(_ operation: Int) {
    if let before = past.popLast() { life = before }
  }

  private func next(_ step: InteractionStep) -> Life? {
    switch (step, life) {
    case (.create, .unborn): .open
    case (.accept(let agent), .open): .held(agent)
    case (.decline, .open): .open
    case (.complete(let agent), .held(let holder)) where agent == holder: .ended(agent)
    case (.finishWrapUp(let agent), .ended(let holder)) where agent == holder: .closed
    case (.requeue(let agent), .held(let holder)) where agent == holder: .open
    case (.abandon, .open): .closed
    case (.seeNothing, .unborn): .unborn
    case (.see(let state, let agent), _): agrees(state, agent) ? life : nil
    default: nil
    }
  }

  private func agrees(_ state: SeenInteraction.State, _ agent: Int) -> Bool {
    switch (state, life) {
    case (.waiting, .open), (.offered, .open), (.callback, .open), (.selfService, .open): true
    case (.held, .held(let holder)), (.active, .held(let holder)), (.held, .ended(let holder)),
      (.wrapUp, .ended(let holder)):
      agent == 0 || agent == holder
    case (.closed, .ended), (.closed, .closed): true
    default: false
    }
  }

  /// What changes no state and agrees with this one.
  func isSafe(_ operation: Int) -> Bool {
    switch steps[operation] {
    case .decline, .see, .seeNothing: next(steps[operation]) != nil
    default: false
    }
  }
}
