// What a caller may say about its calls beyond their arguments.

/// Set for the calls of a task with `ClusterSystem.$callOptions.withValue(…)`.
public struct CallOptions: Sendable {
  /// The command's id. Nil: the next one of this system's own session. To retry a command whose outcome is unknown,
  /// from any node, set the id that it had.
  public var command: CommandID?
  /// When the call is given up. The callee learns of it, and does not begin what nobody waits for any more.
  public var timeout: Duration {
    didSet { timeoutMilliseconds = Self.milliseconds(timeout) }
  }
  /// The call returns when it is on its way: nobody hears what became of it, and it may get lost. Only for methods of node-bound
  /// actors that return nothing.
  public var isOneWay: Bool
  /// Of methods that read a durable actor.
  public var read = Read.linearizable
  /// Told, before a stale read returns, how old the state may be that it was answered from, in milliseconds.
  public var onAge: (@Sendable (Int64) -> Void)?

  /// How fresh an answer has to be.
  public enum Read: Equatable, Sendable {
    /// It has the effects of all that was acknowledged before the call.
    case linearizable
    /// Answered by this node's own replica, without asking anybody, from all that it knows to be committed; refused as
    /// `unavailable` if the last moment of which it has all that its leader had committed is longer ago, and while it is rebuilt.
    /// Leaders say how far they are in heartbeats: the way of one of them, and a tick, are not counted. A system without a
    /// replica reads as usual.
    case stale(maximumAge: Duration)
  }

  public init(command: CommandID? = nil, timeout: Duration = .seconds(10), isOneWay: Bool = false) {
    self.command = command
    self.timeout = timeout
    self.isOneWay = isOneWay
    timeoutMilliseconds = Self.milliseconds(timeout)
  }

  /// At least one, at most an hour.
  private(set) var timeoutMilliseconds: Int64

  private static func milliseconds(_ timeout: Duration) -> Int64 {
    let longest = Duration.seconds(3_600)
    return max(1, Int64(min(max(timeout, .zero), longest) / .milliseconds(1)))
  }
}
