// How long a node keeps what is done, and how large its files may become: a value.

public struct RetentionSettings: Equatable, Sendable {
  /// Milliseconds of partition time that an actor of a type is kept after it retired; those of other types for ever. The leader of
  /// the moment decides, so every node should have the same.
  public var milliseconds: [String: Int64] = [:]
  /// The state file's size, in bytes, above which the oldest go before their time; nil for no limit.
  public var stateBytes: Int?
  /// Even then an actor is kept so long, in milliseconds.
  public var leastMilliseconds: Int64 = 3_600_000
  /// Bytes of the log above which a partition that keeps old entries is to let go of them.
  public var logBytes = 256 << 20

  public init() {}
}
