// What one log entry of a partition says: a value.
package import NodeStore

/// One decision, as it is replicated: what caused it, and everything that it does. Applying it needs nothing else.
package struct LogRecord: Codable, Equatable, Sendable {
  package enum Cause: Codable, Equatable, Sendable {
    /// A caller's command. `firstOutstanding`: the lowest sequence of its session that has no reply yet.
    /// `fingerprint`: of the method and argument, so that an id used for something else is noticed.
    case command(CommandID, firstOutstanding: UInt64, fingerprint: UInt64)
    /// The message with this number from the outbox of that partition.
    case message(from: PartitionID, sequence: UInt64)
    case timer(name: String)
    /// Nothing but the acknowledgments that it carries.
    case housekeeping
    /// These actors are done for good, and what was kept of them goes.
    case retention([RetiredActor])
  }

  package var time: PartitionTime
  package var cause: Cause
  /// The actor that decided; nil for housekeeping.
  package var actor: ActorKey?
  /// CBOR array of the actor's events; empty for none.
  package var events: [UInt8]
  package var messages: [DurableMessage]
  package var timers: [TimerChange]
  /// The reply to remember for retries of a command.
  package var reply: [UInt8]
  /// Outbox messages that their receivers have applied.
  package var acknowledged: [OutboxAcknowledgment]

  /// Not decided, because nodes died of it; kept for people.
  package var setAside: DurableMessage?

  /// Whether it changes nothing but what is done with.
  package var isEmpty: Bool { events.isEmpty && messages.isEmpty && timers.isEmpty }

  enum CodingKeys: Int, CodingKey {
    case time = 0
    case cause = 1
    case actor = 2
    case events = 3
    case messages = 4
    case timers = 5
    case reply = 6
    case acknowledged = 7
    case setAside = 8
  }
}

/// All messages to `partition` up to and including `sequence` have been applied there.
package struct OutboxAcknowledgment: Codable, Equatable, Sendable {
  package var partition: PartitionID
  package var sequence: UInt64

  enum CodingKeys: Int, CodingKey {
    case partition = 0
    case sequence = 1
  }
}
