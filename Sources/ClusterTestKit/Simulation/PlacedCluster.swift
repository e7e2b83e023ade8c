// A cluster that decides by itself who belongs to it and where its partitions are to be: values of a simulation.
import ActorCluster
import CBOR
import NodeStore
import PeerTransport
import Raft

/// The cluster's actor, and what the leaders of partitions report to it. All nodes of a simulation hear at once what it decides;
/// in a real cluster each reads it from its own replica of the system group.
struct PlacedCluster {
  private var actor: any ActorSlot
  private(set) var state = ClusterState()
  var reports = PlacementReports()
  /// Replicas whose disk was lost, until no partition has them.
  var lost: Set<ReplicaID> = []
  /// Partitions are on their way to where the last decision wants them.
  var isMoving = false

  init(_ shape: SimulationShape) {
    actor = DurableType.erasing(ClusterActor.self).make("state")
    let members = (0..<shape.members).map {
      ClusterMember(
        number: UInt64($0) + 1, name: shape.nodeID($0), peer: Self.address(of: $0), status: .active)
    }
    decide(
      "found",
      ClusterFounding(
        foundation: "simulated", partitionCount: shape.partitions, voters: SimulationShape.placedVoters,
        copies: .everywhere, level: FeatureLevel.known, members: members), at: 0)
  }

  private static func address(of node: Int) -> String { "10.0.0.\(node + 1):7100" }

  /// - Parameter now: microseconds.
  /// - Returns: false if it was refused.
  @discardableResult
  mutating func decide(_ method: String, _ argument: some Encodable, at now: Int64) -> Bool {
    let context = DecisionContext(
      now: PartitionTime(milliseconds: now / 1_000),
      actor: ActorKey(type: ClusterActor.actorType, id: "state"), command: nil)
    guard let bytes = try? CBOREncoder().encode(argument),
      case .decided(let decision) = actor.call(method, bytes, context), !decision.events.isEmpty,
      (try? actor.apply(decision.events, at: context.now)) != nil,
      let nothing = try? CBOREncoder().encode(Done()),
      case .read(let found) = actor.call("state", nothing, context),
      let next = try? CBORDecoder().decode(ClusterState.self, from: found)
    else { return false }
    state = next
    isMoving = true
    return true
  }

  mutating func add(_ node: Int, _ name: NodeID, replacing old: NodeID?, at now: Int64) -> Bool {
    let addition = NodeAddition(name: name.rawValue, peer: Self.address(of: node), replaces: old?.rawValue)
    return decide("add", addition, at: now)
  }

  mutating func remove(_ name: NodeID, unreachable: [NodeID], at now: Int64) -> Bool {
    decide("remove", NodeRemoval(name: name.rawValue, unreachable: unreachable), at: now)
  }

  /// What is wrong with where the partitions are to be, in words; nil for nothing.
  var defect: String? {
    let active = state.active.map(\.number)
    guard !active.isEmpty else { return nil }
    var votes: [UInt64: Int] = [:]
    for position in 0..<state.partitionCount {
      let voters = state.target(of: PartitionID(rawValue: position)).voters
      if Set(voters).count != voters.count {
        return "partition \(position) is to have two voters on one node: \(voters)"
      }
      if voters.count != min(SimulationShape.placedVoters, active.count)
        || !voters.allSatisfy(active.contains)
      {
        return "partition \(position) is to have the voters \(voters) of the nodes \(active)"
      }
      for voter in voters { votes[voter, default: 0] += 1 }
    }
    let counts = active.map { votes[$0, default: 0] }
    if let most = counts.max(), let least = counts.min(), most - least > 1 {
      return "some node is to vote in \(most) partitions and another in \(least)"
    }
    return nil
  }
}
