// What the search asks of a model: an object that does one operation at a time and can take it back. Pure.

/// A sequential object that the operations of one key are tried on, in the order that the search chooses.
///
/// Operations are numbers: first the completed ones by invocation, then the open ones by invocation. Beyond the
/// sequential meaning (`apply`, `undo`), a machine may know shortcuts; each has to keep every answer the same:
/// if an order of the remaining operations exists, one exists that the shortcut does not cut off.
protocol SequentialMachine {
  /// Equal only for states that no continuation can tell apart.
  var stateCode: UInt64 { get }
  /// For people.
  var stateText: String { get }
  /// What it has put aside since the search began, in bytes: it counts toward the limit on memory.
  var bytes: Int { get }

  /// Does the operation now. False, and nothing has changed, if its result contradicts the state, or if it is open and
  /// would have no effect.
  mutating func apply(_ operation: Int) -> Bool
  /// Takes the last applied operation back.
  mutating func undo(_ operation: Int)

  /// Neither its result nor the state after it depends on the state before it.
  func isBlind(_ operation: Int) -> Bool
  /// Shortcut: doing it now, in the present state, loses no order.
  func isSafe(_ operation: Int) -> Bool
  /// Shortcut: after doing it now, in the present state, no order of the rest exists.
  func isHopeless(_ operation: Int) -> Bool
}

extension SequentialMachine {
  var bytes: Int { 0 }
  func isBlind(_ operation: Int) -> Bool { false }
  func isHopeless(_ operation: Int) -> Bool { false }
}
