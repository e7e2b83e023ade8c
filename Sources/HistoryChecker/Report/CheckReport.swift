// What a check found. Values.

/// The answer of a check.
public enum Verdict: Equatable, Sendable {
  /// Everything was searched, and nothing contradicts the model.
  case ok
  /// At least one contradiction. What was not searched may hold more.
  case violated([Violation])
  /// No contradiction was found, and not everything was searched. Never a reason to believe that all is well.
  case unknown([Shortfall])
}

/// What a check found, and how much it looked at.
public struct CheckReport: Equatable, Sendable {
  public var model: Model
  public var verdict: Verdict
  /// Not counting failed ones.
  public var operations: Int
  /// How many of them have an unknown outcome.
  public var open: Int
  public var failed: Int
  /// How many keys there are, and how many of them were searched to the end.
  public var keys: Int
  public var keysDecided: Int
  /// How many times an operation was tried.
  public var steps: Int
  /// What was not checked because the history says nothing of it.
  public var notes: [String] = []
}

/// A limit that was reached, and how far the search was.
public struct Shortfall: Equatable, Sendable, CustomStringConvertible {
  public var key: JSONValue
  public var limit: CheckLimit
  /// How many of the key's completed operations were placed in an order at most.
  public var placed: Int
  public var of: Int

  public var description: String {
    "\(key == .null ? "the history" : "key \(key)"): the \(limit.rawValue) limit was reached with \(placed) of \(of) completed operations placed in an order"
  }
}

/// Something that the model forbids.
public struct Violation: Equatable, Sendable {
  public enum Rule: String, CaseIterable, Sendable {
    /// No order of a key's operations explains all results.
    case notLinearizable = "not-linearizable"
    /// An acknowledged interaction is not there at the end.
    case lost
    /// An interaction is there that nobody created.
    case fromNowhere = "from-nowhere"
    /// An interaction is in no place, or in several.
    case notInOnePlace = "not-in-one-place"
    /// An agent and an interaction do not agree at the end.
    case slotDenied = "slot-denied"
    case aboveCapacity = "above-capacity"
    /// One command has two different acknowledgments.
    case commandTwice = "command-twice"
    case deliveredTwice = "delivered-twice"
    case deliveredOutOfOrder = "delivered-out-of-order"
    case deliveryMissing = "delivery-missing"
  }

  public var rule: Rule
  /// Null for none.
  public var key: JSONValue
  /// Sentences; the first says what is wrong.
  public var explanation: [String]
  public var part: HistoryPart
}

/// The part of a history that shows a violation.
public struct HistoryPart: Equatable, Sendable {
  /// By invocation.
  public var operations: [Operation]
  /// Places in `operations` of those that cannot be.
  public var culprits: [Int]
  /// The longest order that explains results, as places in `operations`; empty when there is no such thing.
  public var order: [Int] = []

  init(_ operations: [Operation], culprits: [Operation], order: [Operation] = []) {
    let sorted = operations.sorted { $0.invoked.position < $1.invoked.position }
    func places(_ wanted: [Operation]) -> [Int] {
      wanted.compactMap { one in sorted.firstIndex { $0.invoked.position == one.invoked.position } }
    }
    self.operations = sorted
    self.culprits = places(culprits)
    self.order = places(order)
  }
}
