// What a node knows of itself and the others at one moment, for its alarms: values.
public import Alarms
package import NodeStore
package import PeerTransport

/// What only the process around a system knows.
public struct AlarmFacts: Sendable {
  /// What is odd about the configuration.
  public var notes: [String] = []
  public var allowsChaos = false
  /// Names of the faults that are injected now.
  public var faults: [String] = []
  /// Requests that were refused by limits since the start.
  public var refusedRequests: UInt64 = 0
  public var forwarding: [ForwardingStatus] = []

  public init() {}
}

/// One replica on this node.
package struct AlarmPartition: Equatable, Sendable {
  package enum Health: Equatable, Sendable {
    case running
    /// It is loaded or rebuilt, or does not vote yet: in words.
    case rebuilding(String)
    case quarantined(String)
  }

  package var partition: PartitionID
  package var health: Health
  package var hasLeader: Bool
  /// The nodes whose votes make a majority: one list, or two of which each must have one while the membership changes. Empty
  /// when this node does not know them.
  package var voters: [[NodeID]]
  /// For each of these lists the nodes that have no longer the replica whose vote is counted: it was lost, and is rebuilt under
  /// another id that does not vote yet.
  package var gone: [Set<NodeID>]
  /// Entries that are committed and that this replica has not applied.
  package var unapplied: UInt64
  /// Of the leader: how many entries the other members lack.
  package var behind: [NodeID: UInt64]

  package init(
    _ partition: PartitionID, health: Health = .running, hasLeader: Bool = true, voters: [[NodeID]] = [],
    gone: [Set<NodeID>] = [], unapplied: UInt64 = 0, behind: [NodeID: UInt64] = [:]
  ) {
    self.partition = partition
    self.health = health
    self.hasLeader = hasLeader
    self.voters = voters
    self.gone = gone
    self.unapplied = unapplied
    self.behind = behind
  }

  /// How many votes each list has more than a majority takes, and whether none is missing.
  package func votes(_ isPresent: (NodeID) -> Bool) -> (margin: Int, isWhole: Bool) {
    var (margin, isWhole) = (Int.max, true)
    for (position, nodes) in voters.enumerated() {
      let there = nodes.count { isPresent($0) && !isGone($0, in: position) }
      margin = min(margin, there - (nodes.count / 2 + 1))
      isWhole = isWhole && there == nodes.count
    }
    return (voters.isEmpty ? 0 : margin, isWhole)
  }

  package func isGone(_ node: NodeID, in list: Int) -> Bool { list < gone.count && gone[list].contains(node) }

  /// The node says that it has no vote here: the leader may not know yet.
  mutating func lacksVote(_ node: NodeID) {
    for list in gone.indices where voters[list].contains(node) { gone[list].insert(node) }
  }
}

package struct AlarmSnapshot: Sendable {
  package var node: NodeID
  /// Milliseconds on a clock that only runs forward.
  package var now: Int64
  /// Seconds since 1970, which certificates are judged by.
  package var wallSeconds: Int64
  /// All nodes of the cluster.
  package var nodes: [NodeID]
  package var links: [LinkStatus]
  /// In order.
  package var partitions: [AlarmPartition]
  package var disk: DiskLevel?
  package var diskSpace: DiskSpace?
  package var store: StoreStatistics?
  package var certificates: CertificateStatus
  /// Milliseconds by which clocks are ahead of the median; without a majority of clocks none.
  package var clockOffsets: [NodeID: Int64]
  /// Commands that this node's partitions refused by limits since the start.
  package var refusedCommands: UInt64
  package var facts: AlarmFacts

  package init(node: NodeID, nodes: [NodeID], certificates: CertificateStatus) {
    self.node = node
    now = 0
    wallSeconds = 0
    self.nodes = nodes
    links = []
    partitions = []
    self.certificates = certificates
    clockOffsets = [:]
    refusedCommands = 0
    facts = AlarmFacts()
  }
}
