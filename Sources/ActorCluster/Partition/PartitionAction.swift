// What goes in and out of a partition host: values.
internal import DequeModule
package import NodeStore
package import PeerTransport
package import Raft

/// Two clocks' readings, handed to the core by its shell.
package struct Moment: Equatable, Sendable {
  /// Milliseconds on a clock that only runs forward.
  package var monotonic: Int64
  /// Median of a majority of the voters' wall clocks, milliseconds since 1970; nil if too few are known.
  package var medianWall: Int64?
  /// The same where the clocks do not agree: only for a partition that has no time of its own yet.
  package var anyWall: Int64?

  package init(monotonic: Int64, medianWall: Int64?) {
    self.monotonic = monotonic
    self.medianWall = medianWall
  }
}

/// Names a call while it is under way, for the shell that has to answer it.
package struct CallID: Hashable, Sendable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }
}

/// A call to a durable actor, as it reaches its partition.
package struct PartitionCall: Sendable {
  package var id: CallID
  package var command: CommandID
  package var firstOutstanding: UInt64
  package var actor: ActorKey
  package var method: String
  package var argument: [UInt8]
  /// On the monotonic clock, milliseconds: a call whose turn comes later is not begun. It changes nothing of what a command
  /// is: a retry has another one.
  package var deadline: Int64?
  /// A read that this replica answers by itself if what it has is no older, in milliseconds; nil for a call as usual.
  package var maximumAge: Int64?

  /// XXH64 of the method and the argument: the same for every retry of a command.
  package var fingerprint: UInt64 {
    XXH64.hash(argument, seed: XXH64.hash(method.utf8))
  }

  package init(
    id: CallID, command: CommandID, firstOutstanding: UInt64, actor: ActorKey, method: String,
    argument: [UInt8], deadline: Int64? = nil
  ) {
    self.deadline = deadline
    self.id = id
    self.command = command
    self.firstOutstanding = firstOutstanding
    self.actor = actor
    self.method = method
    self.argument = argument
  }
}

/// A committed record, for event streams.
package struct AppliedRecord: Equatable, Sendable {
  package let partition: PartitionID
  package let index: UInt64
  package let time: PartitionTime
  package let actor: ActorKey?
  package let events: [UInt8]

  package init(
    partition: PartitionID, index: UInt64, time: PartitionTime, actor: ActorKey?, events: [UInt8]
  ) {
    self.partition = partition
    self.index = index
    self.time = time
    self.actor = actor
    self.events = events
  }
}

package struct PartitionLimits: Sendable {
  /// Calls held while a new leader gets ready.
  package var waitingCalls = 10_000
  /// How long a replica that knows no leader keeps a call until there is one, in milliseconds.
  package var leaderlessMilliseconds: Int64 = 500
  /// Outbox messages held; past it outside commands are refused, messages and timers of accepted work are not.
  package var outboxMessages = 50_000
  /// Messages under way to one partition.
  package var deliveryWindow = 256
  /// The most timers that fire in one tick.
  package var timersPerTick = 256
  /// An entry of the log, encoded; well below what a frame may have.
  package var recordBytes = 8 << 20
  package var checkpointMilliseconds: Int64 = 500
  package var checkpointRows = 5_000
  /// An actor that nobody has used for so long leaves memory.
  package var idleMilliseconds: Int64 = 600_000
  /// How long actors of a type are kept after they retired, in milliseconds; those of other types for ever.
  package var retention: [String: Int64] = [:]
  /// How long they are kept even when the state file is too large.
  package var leastRetention: Int64 = 3_600_000
  /// Actors deleted in one step, the pause after a step that found as many, and that after one that found fewer.
  package var retentionStep = 256
  package var retentionStepMilliseconds: Int64 = 200
  package var retentionMilliseconds: Int64 = 60_000
  /// Entries that must become superfluous before the log is compacted.
  package var compactionEntries: UInt64 = 50_000
  /// Entries that are kept for a follower that is behind; one that needs more gets a snapshot.
  package var retainedEntries: UInt64 = 10_000
  /// The largest snapshot that is taken from another replica, and therefore the largest that is sent.
  package var snapshotBytes = 1 << 30
  /// What the snapshots of one partition may take of the network, so that commands go on beside them.
  package var snapshotBytesPerSecond = 32 << 20
  /// How long the sender of a snapshot that was refused is not told.
  package var snapshotRetryMilliseconds: Int64 = 1_000
  /// How long a snapshot that is too large is not read again.
  package var snapshotPauseMilliseconds: Int64 = 60_000
  /// While a snapshot is on its way the log keeps what follows it, unless that are more entries than this: then the follower
  /// is too slow, and memory is worth more than its next attempt.
  package var entriesKeptForSnapshot: UInt64 { 4 * compactionEntries }

  package init() {}
}

/// What a partition host wants done.
package enum PartitionAction: Sendable {
  case send(Message)
  case persist(PersistRequest)
  case answer(CallID, CallAnswer)
  /// Take these to the leader of `to`.
  case deliver(MessageBatch)
  /// Tell the leader of `to` how far its messages are applied here.
  case acknowledge(to: PartitionID, upTo: UInt64)
  /// A majority has confirmed that the log this replica found at its start lacks nothing that it had acknowledged.
  case confirmed
  /// Read this partition's last checkpoint, without the actors, and hand it to `loaded`.
  case load
  /// Read these actors' rows and hand them to `actorsLoaded` with this epoch, all in one answer.
  case loadActors([ActorKey], epoch: UInt64)
  /// Find the rows of retired actors in these ranges, in order, and hand them to `retiredFound`.
  case findRetired([Range<String>], limit: Int)
  case checkpoint(PartitionCheckpoint)
  /// Make the checkpoints so far durable; `stateSynced` is told how far that is.
  case syncState
  /// Read this partition's last checkpoint and hand it to `snapshotRead`.
  case readSnapshot
  /// Put what the bytes hold in the place of all that the state file has of this partition, durably; then
  /// `snapshotInstalled`, or `snapshotRefused` if they cannot be used.
  case installSnapshot([UInt8], LogBase)
  /// A snapshot cannot be sent; in words for a person. Say so, but not every time.
  case snapshotProblem(String)
  case applied(AppliedRecord)
  /// The state has the effects of all entries up to here, and those after the last `applied` were never handed out: an
  /// event stream that stands before must end and resume.
  case eventsSkipped(through: LogIndex)
  case leadership(leader: NodeID?, term: Term, isSelf: Bool)
  case quarantined(String)
  /// A durable message or timer that this node's version cannot decide; it is done with, and was lost.
  case undeliverable(DurableMessage, ClusterError)
}

/// Durable messages from one partition to another, in order and without gaps.
package struct MessageBatch: Codable, Equatable, Sendable {
  package var from: PartitionID
  package var to: PartitionID
  package var messages: [NumberedMessage]

  enum CodingKeys: Int, CodingKey {
    case from = 0
    case to = 1
    case messages = 2
  }
}

/// Decided and proposed by this replica.
struct PendingEntry: Sendable {
  var index: LogIndex
  var term: Term
  var record: LogRecord
  var changes: RecordChanges
  /// Who waits for it.
  var call: CallID?
}
