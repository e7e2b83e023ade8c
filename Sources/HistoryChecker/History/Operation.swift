// An operation of a history: an invocation with what is known of its end. Pure.

/// An operation from its invocation to its end. An operation that failed had no effect and is none of these.
public struct Operation: Equatable, Sendable {
  /// Where in the history, and when.
  public struct Moment: Equatable, Sendable {
    /// The number of events before it. It decides what came before what; times are for people.
    public var position: Int
    /// The line of the file, from 1.
    public var line: Int
    /// Nanoseconds.
    public var time: Int64
  }

  public var process: Int64
  public var function: String
  /// Null for none.
  public var key: JSONValue
  /// The value of the invocation.
  public var argument: JSONValue
  /// The value of `ok`; nil if the outcome is unknown.
  public var result: JSONValue?
  public var invoked: Moment
  /// Nil if the outcome is unknown: then it is open for ever.
  public var completed: Moment?

  /// Whether nobody knows if and when it had an effect.
  public var isOpen: Bool { completed == nil }

  /// `other` began after this had ended: it cannot come before this in any order.
  public func precedes(_ other: Operation) -> Bool {
    guard let completed else { return false }
    return completed.position < other.invoked.position
  }
}
