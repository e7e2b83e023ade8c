// One node of the cluster as all of them know it: a value.
public import PeerTransport
package import Raft

/// A node that belongs, or belonged, to the cluster.
public struct ClusterMember: Codable, Equatable, Sendable {
  /// How far a node is on its way in or out. The raw values are on disk: never change one.
  public enum Status: String, Codable, Sendable {
    /// Added by an operator, and not yet caught up with the system group: it holds nothing that counts.
    case joining
    case active
    /// Its replicas move to others.
    case leaving
    /// It holds nothing that counts any more, and takes no part under this number.
    case gone
  }

  /// Given once and never again: it is in the ids of the node's replicas. 1 to 65,535.
  public var number: UInt64
  public var name: NodeID
  /// Where the other nodes reach it, `host:port`.
  public var peer: String
  /// Where its API listens, `host:port`; nil when nobody said.
  public var api: String?
  /// Replicas of a partition are on different sites where they can be. Nil: a site of its own.
  public var site: String?
  public var status: Status
  /// The highest feature level that it has said to know.
  public var level: UInt32
  /// The number of the node in whose place it comes; that one leaves when this one is active.
  public var replaces: UInt64?
  /// It votes and keeps the logs of partitions, and has no copy of what is in them. Never changes.
  public var isWitness: Bool

  public init(
    number: UInt64, name: NodeID, peer: String, api: String? = nil, site: String? = nil, status: Status,
    level: UInt32 = FeatureLevel.known, replaces: UInt64? = nil, isWitness: Bool = false
  ) {
    self.number = number
    self.name = name
    self.peer = peer
    self.api = api
    self.site = site
    self.status = status
    self.level = level
    self.replaces = replaces
    self.isWitness = isWitness
  }

  package var original: ReplicaID { ReplicaID(rawValue: number) }

  enum CodingKeys: Int, CodingKey {
    case number = 0
    case name = 1
    case peer = 2
    case api = 3
    case site = 4
    case status = 5
    case level = 6
    case replaces = 7
    case isWitness = 8
  }
}

/// What a whole cluster can understand, so that nothing is written that one of its nodes could not read.
public enum FeatureLevel {
  /// The highest level that this version knows.
  public static let known: UInt32 = 1
  /// From here on finished actors are deleted by entries of their own.
  package static let retention: UInt32 = 1
}
