// The identity of a distributed actor: a value.
public import PeerTransport

/// Names a distributed actor, and says where a call to it goes.
public enum ActorID: Hashable, Codable, Sendable, CustomStringConvertible {
  /// A durable actor: calls go to the leader of its partition, wherever that is.
  case durable(ActorKey)
  /// An actor that lives and dies with one incarnation of one node.
  case nodeBound(NodeActorID)

  public var description: String {
    switch self {
    case .durable(let key): key.description
    case .nodeBound(let id): id.description
    }
  }
}

/// A node-bound actor's id. The incarnation makes the id of an actor of a restarted node another one.
public struct NodeActorID: Hashable, Codable, Sendable, CustomStringConvertible {
  public let node: NodeID
  public let incarnation: UInt64
  public let type: String
  public let number: UInt64

  package init(node: NodeID, incarnation: UInt64, type: String, number: UInt64) {
    self.node = node
    self.incarnation = incarnation
    self.type = type
    self.number = number
  }

  public var description: String { "\(type)/\(number)@\(node)#\(incarnation)" }

  enum CodingKeys: Int, CodingKey {
    case node = 0
    case incarnation = 1
    case type = 2
    case number = 3
  }
}
