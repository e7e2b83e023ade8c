// What a method of a durable actor decides: pure values.
internal import CBOR

/// The outcome of a command that was not refused: one log entry. Nothing of it happens before that entry is
/// committed; then all of it has happened.
public struct Decision<Event: Codable & Sendable, Reply: Codable & Sendable>: Sendable {
  public var events: [Event]
  public var messages: [DurableMessage]
  public var timers: [TimerChange]
  public var reply: Reply

  public init(
    _ events: [Event] = [], messages: [DurableMessage] = [], timers: [TimerChange] = [], reply: Reply
  ) {
    self.events = events
    self.messages = messages
    self.timers = timers
    self.reply = reply
  }
}

extension Decision where Reply == Done {
  public init(_ events: [Event] = [], messages: [DurableMessage] = [], timers: [TimerChange] = []) {
    self.init(events, messages: messages, timers: timers, reply: Done())
  }
}

/// The reply of a method that has nothing to say but that it is done.
public struct Done: Codable, Equatable, Sendable {
  public init() {}
}

/// A message to a durable actor that is sent as part of a decision and has its effect exactly once, in order for
/// each pair of actors, through the failover of either side (promise P3). A refusal by the receiver ends it.
public struct DurableMessage: Codable, Equatable, Sendable {
  public let to: ActorKey
  public let method: String
  public let argument: [UInt8]

  /// - Throws: `EncodingError` if the argument cannot be encoded (a broken `Codable` conformance).
  public init(to: ActorKey, method: String, argument: some Encodable) throws {
    self.to = to
    self.method = method
    self.argument = try CBOREncoder().encode(argument)
  }

  package init(to: ActorKey, method: String, encoded: [UInt8]) {
    self.to = to
    self.method = method
    argument = encoded
  }

  enum CodingKeys: Int, CodingKey {
    case to = 0
    case method = 1
    case argument = 2
  }
}

/// Sets or cancels a durable timer of the deciding actor. A timer has a name within its actor; setting a name
/// anew replaces it. When it is due (partition time), its method is called on the actor, once (promise P5).
public enum TimerChange: Codable, Equatable, Sendable {
  case put(name: String, at: PartitionTime, method: String, argument: [UInt8])
  case cancel(name: String)

  /// - Throws: `EncodingError` if the argument cannot be encoded.
  public static func set(
    name: String, at: PartitionTime, method: String, argument: some Encodable
  ) throws -> TimerChange {
    .put(name: name, at: at, method: method, argument: try CBOREncoder().encode(argument))
  }
}

/// What a deciding method may know besides the state: the time, who it is, and the command's id, from which the
/// ids of everything the command creates are derived, so that a retry creates nothing twice.
public struct DecisionContext: Sendable {
  public let now: PartitionTime
  public let actor: ActorKey
  /// Nil for durable messages and timers.
  public let command: CommandID?

  public init(now: PartitionTime, actor: ActorKey, command: CommandID?) {
    self.now = now
    self.actor = actor
    self.command = command
  }
}
