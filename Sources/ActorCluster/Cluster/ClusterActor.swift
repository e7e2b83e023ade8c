// The durable actor of the system group: the one way to change the cluster's state.
public import Distributed

/// The cluster itself. There is one, and all nodes hold its state (`ClusterSystem.clusterState`).
///
/// Nodes and operators' tools call it; clients of the actor transport may not.
public distributed actor ClusterActor: DurableActor {
  public typealias ActorSystem = ClusterSystem
  public typealias State = ClusterState

  /// Types that begin with `$` are the partitions' own: a restored backup begins without them.
  public static let actorType = "$cluster"
  package static let key = ActorKey(type: actorType, id: "state")

  public static let methods = MethodTable<ClusterState>([
    .command("found", ClusterState.found),
    .command("add", ClusterState.add),
    .command("remove", ClusterState.remove),
    .command("activate", ClusterState.activate),
    .command("finish", ClusterState.finish),
    .command("announce", ClusterState.announce),
    .command("raise", ClusterState.raise),
    .read(stateMethod, ClusterState.read),
  ])

  static let stateMethod = "state"

  /// Lets a node in; it counts once it has caught up.
  /// - Throws: `ClusterRefusal`
  public distributed func add(_ addition: NodeAddition) async throws -> Done { try noLocalInstance() }

  /// Moves a node's replicas to others; then it is gone.
  /// - Throws: `ClusterRefusal`
  public distributed func remove(_ removal: NodeRemoval) async throws -> Done { try noLocalInstance() }

  /// Raises the feature level to the highest that all nodes know; the new level.
  /// - Throws: `ClusterRefusal`
  public distributed func raise(_ nothing: Done) async throws -> UInt32 { try noLocalInstance() }

  /// As it is now, from the leader.
  public distributed func state(_ nothing: Done) async throws -> ClusterState { try noLocalInstance() }
}
