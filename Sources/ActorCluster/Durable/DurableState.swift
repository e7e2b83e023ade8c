// What a durable actor is to the cluster: a value that decides and applies. Pure; no I/O.
public import NodeStore

/// The replicated state of one durable actor.
///
/// Methods that decide are plain functions of the state (see `Method`): they look at the state and return a
/// `Decision`, or throw a `Refusal`. They never change anything. The decision's events become one log entry;
/// `apply` folds them into the state, on the leader when it decides and on every other replica when the entry
/// commits. So `apply` must be deterministic: no clock, no randomness, no order of a `Dictionary` or `Set`.
public protocol DurableState: Sendable {
  associatedtype Event: Codable & Sendable
  /// What a method refuses with; it reaches the caller as thrown here.
  associatedtype Refusal: Error & Codable & Sendable

  /// The state of an actor that no command has reached yet. Every actor exists; most have never been used.
  init(id: String)

  /// The state as rows put by `apply` have it; `rows` is in order of row key.
  init(id: String, rows: [StateRow]) throws

  /// Folds one event into the state and says which rows that changed.
  mutating func apply(_ event: Event, at time: PartitionTime) -> Changes

  /// Since when no event will ever change the actor again; nil while one may. Such an actor leaves memory as soon as it is in
  /// the state file, can still be read, and is deleted when its retention is over.
  var retiredAt: PartitionTime? { get }

  /// The changes of read models that remove what an actor which is deleted has put there.
  static func forgotten(id: String) -> [ReadModelChange]
}

extension DurableState {
  public var retiredAt: PartitionTime? { nil }

  public static func forgotten(id: String) -> [ReadModelChange] { [] }
}

/// One stored row of an actor's state.
public struct StateRow: Equatable, Sendable {
  public let key: String
  public let value: [UInt8]

  public init(key: String, value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

/// What an applied event changes in the node's state file: rows of the actor, and rows of read models that
/// people query with SQL. A small event of a large actor must change few rows.
public struct Changes: Sendable {
  public enum Row: Equatable, Sendable {
    case put(key: String, value: [UInt8])
    case delete(key: String)
  }

  public var rows: [Row]
  public var readModel: [ReadModelChange]

  public init(rows: [Row] = [], readModel: [ReadModelChange] = []) {
    self.rows = rows
    self.readModel = readModel
  }
}
