// What a node remembers of itself and of its peers: values, kept in the log file.
internal import Raft

/// What a node knows for good about another node's files, so that it notices when they are gone or are an old copy.
public struct RememberedPeer: Equatable, Sendable {
  /// The node's name.
  public var node: String
  /// Names its files: see `NodeStore.storeID`.
  public var store: UInt64
  /// How often they had been opened.
  public var incarnation: UInt64
  /// Names the run with that incarnation: see `NodeStore.life`.
  public var life: UInt64
  /// The last batch of its log that it said to be on stable storage.
  public var reached: UInt64
  /// Files that it had before; the latest last.
  public var superseded: [UInt64]

  public init(
    node: String, store: UInt64, incarnation: UInt64, life: UInt64, reached: UInt64, superseded: [UInt64] = []
  ) {
    self.node = node
    self.store = store
    self.incarnation = incarnation
    self.life = life
    self.reached = reached
    self.superseded = superseded
  }
}

/// Whose files these are, and what they remember.
struct NodeMemory: Sendable {
  var store: UInt64
  var life: UInt64
  /// Of the identity that the files were made with.
  var topology: String
  var isAssignedOnly: Bool
  var replicas: [PartitionID: ReplicaID]
  var peers: [RememberedPeer]
  /// The last batch that was there at the start.
  var found: UInt64
  /// Partitions that these files must not be used for any more, and why.
  var unusable: [PartitionID: String] = [:]
  /// Ascending; none in files of the first epoch.
  var epochs: [StoreEpoch] = []
}

/// A row of the log file that is committed together with a batch.
enum LogRow: Sendable {
  case replica(PartitionID, ReplicaID)
  case peer(RememberedPeer)
  /// All that there are.
  case epochs([StoreEpoch])
}
