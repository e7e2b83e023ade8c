// What a caller may say about its calls beyond their arguments.

/// Set for the calls of a task with `ClusterSystem.$callOptions.withValue(…)`.
public struct CallOptions: Sendable {
  /// The command's id. Nil: the next one of this system's own session. To retry a command whose outcome is unknown,
  /// from any node, set the id that it had.
  public var command: CommandID?
  /// When the call is given up.
  public var timeout: Duration

  public init(command: CommandID? = nil, timeout: Duration = .seconds(10)) {
    self.command = command
    self.timeout = timeout
  }

  /// At least one, at most an hour.
  var timeoutMilliseconds: Int64 {
    let longest = Duration.seconds(3_600)
    return max(1, Int64(min(max(timeout, .zero), longest) / .milliseconds(1)))
  }
}
