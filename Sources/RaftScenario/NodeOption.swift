// What `add-nodes` knows: how nodes are configured and what is on their disks. Pure functions.
import Raft

/// Names as in etcd's scripts where it has the option.
enum NodeOption: String, CaseIterable {
  // What is on the disk.
  case voters
  case learners
  case witnesses
  case index
  case term
  case content
  case log
  case vote
  case commit
  case start
  // Configuration.
  case electionTicks = "election-ticks"
  case heartbeatTicks = "heartbeat-ticks"
  case hintStaggerTicks = "hint-stagger-ticks"
  case inflight
  case maxInflightMessages = "max-inflight-msgs"
  case maxInflightBytes = "max-inflight-bytes"
  case maxSize = "max-size"
  case maxEntries = "max-entries"
  case maxUncommittedSize = "max-uncommitted-size"
  case maxReads = "max-reads"
  case maxSnapshotChunk = "max-snapshot-chunk"
  case quiet
  case seed
  case asyncStorageWrites = "async-storage-writes"
  // What etcd can turn on or off and we cannot.
  case preVote = "prevote"
  case checkQuorum = "checkquorum"
  case readOnly = "read-only"
  case stepDownOnRemoval = "step-down-on-removal"
  case disableProposalForwarding = "disable-proposal-forwarding"
  case maxCommittedSize = "max-committed-size-per-ready"
  case disableValidation = "disable-conf-change-validation"
}

/// The template from which `add-nodes` makes nodes.
struct NodeTemplate {
  var configuration: Raft.Configuration
  var image = DiskImage()
  var checkpoint: Checkpoint?
  var start = StartKind.confirmed
  var holdsWrites = false
  /// What a script from etcd asks for and does not get.
  var notes: [String] = []

  init(_ command: Command) throws(ScriptError) {
    func value(_ option: NodeOption) throws(ScriptError) -> UInt64? {
      try command.number(option.rawValue)
    }
    configuration = try Self.configuration(command)
    let membership = Membership(
      voters: configuration.voters, witnesses: configuration.witnesses,
      learners: try Self.replicas(.learners, in: command))
    let index = try value(.index) ?? 0
    let term = try value(.term) ?? 1
    if index > 0 {
      guard !membership.voters.isEmpty else {
        throw command.error("index= starts from a snapshot, and a snapshot has voters=(…)")
      }
      let base = LogBase(index: index, term: term, membership: membership)
      let content = try command.value(NodeOption.content.rawValue).map { Array($0.utf8 + [10]) }
      image.base = base
      checkpoint = Checkpoint(base: base, content: content ?? [])
    }
    image.entries = try Self.entries(after: index, term: index > 0 ? term : 0, in: command)
    let lastTerm = image.entries.last?.term ?? image.base?.term ?? 0
    image.hardState = HardState(
      term: max(lastTerm, try value(.term) ?? 0),
      vote: try value(.vote).map { ReplicaID(rawValue: $0) },
      commit: max(index, try value(.commit) ?? 0))
    guard image.hardState.commit <= image.lastIndex else {
      throw command.error("commit= lies beyond the log's end \(image.lastIndex)")
    }
    if let word = try command.value(NodeOption.start.rawValue) {
      start = try startKind(named: word, for: command)
    }
    holdsWrites = try command.flag(NodeOption.asyncStorageWrites.rawValue) ?? false
    notes = try Self.notes(command)
  }

  func configuration(for id: ReplicaID) -> Raft.Configuration {
    var copy = configuration
    copy.id = id
    return copy
  }

  // MARK: - Parts

  private static func replicas(
    _ option: NodeOption, in command: Command
  ) throws(ScriptError) -> [ReplicaID] {
    let numbers = try command.numbers(option.rawValue)
    return numbers.map { ReplicaID(rawValue: $0) }
  }

  private static func configuration(_ command: Command) throws(ScriptError) -> Raft.Configuration {
    func size(_ option: NodeOption) throws(ScriptError) -> Int? { try command.size(option.rawValue) }
    let witnesses = try replicas(.witnesses, in: command)
    let voters = try replicas(.voters, in: command)
    // Without voters the nodes wait to be added, and a witness knows what it will be.
    var configuration = Raft.Configuration(
      id: ReplicaID(rawValue: 0), voters: voters.isEmpty ? [] : voters + witnesses,
      seed: try command.number(NodeOption.seed.rawValue) ?? 1)
    configuration.witnesses = witnesses
    configuration.electionTicks = try size(.electionTicks) ?? 3
    configuration.heartbeatTicks = try size(.heartbeatTicks) ?? 1
    configuration.hintStaggerTicks = try size(.hintStaggerTicks) ?? configuration.hintStaggerTicks
    let inflight = try size(.inflight)
    configuration.maxAppendsInFlight =
      try size(.maxInflightMessages) ?? inflight ?? configuration.maxAppendsInFlight
    configuration.maxBytesInFlight = try size(.maxInflightBytes) ?? configuration.maxBytesInFlight
    configuration.maxBytesPerAppend = try size(.maxSize) ?? configuration.maxBytesPerAppend
    configuration.maxEntriesPerAppend = try size(.maxEntries) ?? configuration.maxEntriesPerAppend
    configuration.maxUncommittedBytes =
      try size(.maxUncommittedSize) ?? configuration.maxUncommittedBytes
    configuration.maxPendingReads = try size(.maxReads) ?? configuration.maxPendingReads
    configuration.maxSnapshotChunkBytes =
      try size(.maxSnapshotChunk) ?? configuration.maxSnapshotChunkBytes
    configuration.quiet = try command.flag(NodeOption.quiet.rawValue) ?? false
    guard max(configuration.electionTicks, configuration.heartbeatTicks) <= Limits.ticks else {
      throw command.error("election-ticks= and heartbeat-ticks= are at most \(Limits.ticks)")
    }
    return configuration
  }

  /// `log=(1,1,2)`: one entry of each of these terms after the snapshot.
  private static func entries(
    after index: LogIndex, term: Term, in command: Command
  ) throws(ScriptError) -> [LogEntry] {
    let terms = try command.numbers(NodeOption.log.rawValue)
    guard terms.count <= Limits.entries else {
      throw command.error("log= has at most \(Limits.entries) entries")
    }
    guard zip([term] + terms, terms).allSatisfy({ $0 <= $1 && $1 > 0 }) else {
      throw command.error("terms in log= never fall and start at 1")
    }
    return terms.enumerated().map { offset, term in
      let index = index + LogIndex(offset) + 1
      return LogEntry(index: index, term: term, payload: .command(Array("\(term)/\(index)".utf8)))
    }
  }

  private static func notes(_ command: Command) throws(ScriptError) -> [String] {
    var notes: [String] = []
    for option in [NodeOption.preVote, .checkQuorum, .stepDownOnRemoval]
    where try command.flag(option.rawValue) == false {
      notes.append("\(option.rawValue)=false has no effect: it is always on here")
    }
    if try command.value(NodeOption.readOnly.rawValue) == "lease-based" {
      notes.append("read-only=lease-based has no effect: no read depends on a clock here")
    }
    if try command.flag(NodeOption.disableProposalForwarding.rawValue) == false {
      notes.append("a follower never forwards proposals here: it names the leader")
    }
    if try command.flag(NodeOption.disableValidation.rawValue) == true {
      notes.append("membership changes are always validated here")
    }
    _ = try command.number(NodeOption.maxCommittedSize.rawValue)
    return notes
  }
}

func startKind(named word: String, for command: Command) throws(ScriptError) -> StartKind {
  switch word {
  case "confirmed": return .confirmed
  case "new": return .new
  case "restarted": return .restarted
  case "doubtful": return .doubtful
  default:
    throw command.error("start= is confirmed, new, restarted or doubtful, not \"\(word)\"")
  }
}
