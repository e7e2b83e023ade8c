// Why the cluster does not take a change of its members: values, with words for the operator.
public import PeerTransport

public enum ClusterRefusal: Error, Codable, Equatable, Sendable, CustomStringConvertible {
  case notFounded
  case alreadyFounded
  case unknownNode(String, known: [NodeID])
  case alreadyMember(NodeID, number: UInt64)
  case addressTaken(String, by: NodeID)
  case invalid(String)
  case tooMany(limit: Int)
  case lastNode(NodeID)
  /// Fewer nodes than survive the loss of one would be left.
  case wouldLeaveFew(Int)
  /// These nodes are down, and without the one to be removed a majority of some partition would be, too.
  case wouldLoseQuorum(partitions: Int, down: [NodeID])
  case alreadyLeaving(NodeID)
  case notActive(NodeID)
  /// Some nodes do not know the level yet.
  case notAllUpgraded([NodeID], level: UInt32)
  case nothingToRaise(UInt32)

  /// Whether the same command may be taken later.
  public var isRetryable: Bool {
    switch self {
    case .notFounded, .wouldLoseQuorum, .notActive, .notAllUpgraded: true
    case .alreadyFounded, .unknownNode, .alreadyMember, .addressTaken, .invalid, .tooMany, .lastNode,
      .wouldLeaveFew, .alreadyLeaving, .nothingToRaise:
      false
    }
  }

  public var description: String {
    switch self {
    case .notFounded:
      "the cluster has not agreed upon its members yet: a majority of its nodes must be up, and of this version; try again"
    case .alreadyFounded: "the cluster is founded already"
    case .unknownNode(let name, let known):
      "there is no node \"\(name)\" in the cluster: it has \(Self.list(known))"
    case .alreadyMember(let name, let number):
      "\(name) is in the cluster already, as number \(number): remove it first, or give the new node another name"
    case .addressTaken(let address, let name):
      "\(address) is the address of \(name) already: give the new node one of its own"
    case .invalid(let words): words
    case .tooMany(let limit): "a cluster has at most \(limit) nodes: remove one first"
    case .lastNode(let name):
      "\(name) is the last node of the cluster that holds its state: stop it, and keep or delete its data"
    case .wouldLeaveFew(let count):
      "\(count == 1 ? "one node" : "\(count) nodes") would be left, and the loss of one would stop the cluster: add a node "
        + "first, use replace, or repeat with --fewer if that is meant"
    case .wouldLoseQuorum(let partitions, let down):
      "\(Self.list(down)) cannot be reached, and without this node \(partitions) partitions would have no majority left: bring "
        + "\(down.count == 1 ? "it" : "them") back, or remove \(down.count == 1 ? "that one" : "those") first"
    case .alreadyLeaving(let name): "\(name) is leaving already: watch it with ctl members"
    case .notActive(let name): "\(name) has not joined yet: wait until it is active, or remove it"
    case .notAllUpgraded(let names, let level):
      "\(Self.list(names)) \(names.count == 1 ? "does" : "do") not know feature level \(level): upgrade \(names.count == 1 ? "it" : "them") first"
    case .nothingToRaise(let level):
      "the cluster is at feature level \(level), which is all that its nodes know"
    }
  }

  private static func list(_ names: [NodeID]) -> String { names.map(\.rawValue).joined(separator: ", ") }
}
