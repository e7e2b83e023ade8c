// What operators and the leader of the system group may ask of the cluster: values.
public import PeerTransport

/// A node that is to join. It is let in from now on, and counts once it has caught up.
public struct NodeAddition: Codable, Equatable, Sendable {
  public var name: String
  /// `host:port`
  public var peer: String
  public var api: String?
  public var site: String?
  /// The node in whose place it comes.
  public var replaces: String?
  /// It is to vote, and to have no copies; so is what comes in the place of such a node.
  public var isWitness: Bool

  public init(
    name: String, peer: String, api: String? = nil, site: String? = nil, replaces: String? = nil,
    isWitness: Bool = false
  ) {
    self.name = name
    self.peer = peer
    self.api = api
    self.site = site
    self.replaces = replaces
    self.isWitness = isWitness
  }

  enum CodingKeys: Int, CodingKey {
    case name = 0
    case peer = 1
    case api = 2
    case site = 3
    case replaces = 4
    case isWitness = 5
  }
}

/// A node that is to leave.
public struct NodeRemoval: Codable, Equatable, Sendable {
  public var name: String
  /// Also when fewer than three nodes are left.
  public var leavesFewer: Bool
  /// Nodes that the asking one cannot reach.
  public var unreachable: [NodeID]

  public init(name: String, leavesFewer: Bool = false, unreachable: [NodeID] = []) {
    self.name = name
    self.leavesFewer = leavesFewer
    self.unreachable = unreachable
  }

  enum CodingKeys: Int, CodingKey {
    case name = 0
    case leavesFewer = 1
    case unreachable = 2
  }
}

/// A node says which feature level it knows.
public struct LevelAnnouncement: Codable, Equatable, Sendable {
  public var number: UInt64
  public var level: UInt32

  public init(number: UInt64, level: UInt32) {
    self.number = number
    self.level = level
  }

  enum CodingKeys: Int, CodingKey {
    case number = 0
    case level = 1
  }
}
