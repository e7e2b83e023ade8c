// How much two systems may have under way with each other: pure values.

/// What a call weighs against a window.
package enum CallCost {
  /// Of a call with an argument of so many bytes. The fixed part stands for what a call holds besides: a task, its places in
  /// tables, its answer. Both sides must count the same.
  package static func of(_ argumentBytes: Int) -> Int { 512 + argumentBytes }
}

/// The caller's side. A call weighs until its answer comes, also when nobody waits for that any more: the callee still holds it.
/// A one-way call weighs until the callee says that it is done with it.
package struct OutboundCredit: Equatable, Sendable {
  package let window: Int
  package private(set) var underWay = 0
  private var told: UInt64 = 0
  private var finished: UInt64 = 0

  package init(window: Int) {
    self.window = window
  }

  /// Whether the callee has room for it. One call always has, however large.
  package mutating func take(_ cost: Int) -> Bool {
    guard underWay == 0 || underWay + cost <= window else { return false }
    underWay += cost
    return true
  }

  package mutating func tell(_ cost: Int) -> Bool {
    guard take(cost) else { return false }
    told += UInt64(cost)
    return true
  }

  package mutating func answered(_ cost: Int) { underWay -= cost }

  /// The call did not go out.
  package mutating func returned(_ cost: Int, isOneWay: Bool) {
    underWay -= cost
    if isOneWay { told -= UInt64(cost) }
  }

  /// - Parameter total: calls end on several threads of the callee, so a smaller total may come after a larger one.
  /// - Returns: false when the callee claims to be done with more than it got.
  package mutating func finished(_ total: UInt64) -> Bool {
    guard total <= told else { return false }
    guard total > finished else { return true }
    underWay -= Int(total - finished)
    finished = total
    return true
  }
}

/// What a callee has to tell of one-way calls that are done with: the totals of one turn of the loop go in one frame, which would
/// cost as much as a short method for each.
package struct CreditReport: Equatable, Sendable {
  private var total: UInt64?

  package init() {}

  /// - Parameter total: of `InboundCredit.finishedOneWay`; it never falls.
  /// - Returns: whether this is the first since the last report: then it is to be taken at the end of the turn.
  package mutating func add(_ total: UInt64?) -> Bool {
    guard let total else { return false }
    defer { self.total = total }
    return self.total == nil
  }

  /// What to tell; nil when that was done.
  package mutating func take() -> UInt64? {
    defer { total = nil }
    return total
  }
}

/// The callee's side of the same window.
package struct InboundCredit: Equatable, Sendable {
  package let window: Int
  package private(set) var underWay = 0
  private var oneWayUnderWay = 0
  private var finished: UInt64 = 0
  private var reported: UInt64 = 0

  package init(window: Int) {
    self.window = window
  }

  /// - Returns: false when the caller has no credit for it: it broke the rule.
  package mutating func received(_ cost: Int, isOneWay: Bool) -> Bool {
    guard underWay == 0 || underWay + cost <= window else { return false }
    underWay += cost
    if isOneWay { oneWayUnderWay += cost }
    return true
  }

  /// The answer is on its way.
  package mutating func answered(_ cost: Int) { underWay -= cost }

  /// A one-way call is done with.
  /// - Returns: what to tell the caller, when it is time to.
  package mutating func finishedOneWay(_ cost: Int) -> UInt64? {
    underWay -= cost
    oneWayUnderWay -= cost
    finished += UInt64(cost)
    // Early enough for the caller to go on without a pause, and seldom.
    guard finished - reported >= UInt64(max(1, window / 8)) || oneWayUnderWay == 0 else { return nil }
    reported = finished
    return finished
  }
}
