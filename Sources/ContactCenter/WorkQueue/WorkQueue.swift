// The queue as a distributed actor: its methods by name. No logic.
public import ActorCluster
public import Distributed

/// A line of interactions that wait for agents, wherever it lives in the cluster.
/// Every method may throw `ContactCenterRefusal`; nothing has changed then.
public distributed actor WorkQueue: DurableActor {
  public typealias ActorSystem = ClusterSystem
  public typealias State = WorkQueueState

  public static let actorType = "queue"
  public static let methods = MethodTable<WorkQueueState>([
    .command("configure", WorkQueueState.configure),
    .read("status", WorkQueueState.status),
    .command(MessageName.enqueue, WorkQueueState.enqueue),
    .command(MessageName.left, WorkQueueState.left),
    .command(MessageName.withdraw, WorkQueueState.withdraw),
    .command(MessageName.agentChanged, WorkQueueState.agentChanged),
    .command(MessageName.reservationRefused, WorkQueueState.reservationRefused),
  ])

  /// Changes the settings of the queue.
  public distributed func configure(_ settings: QueueSettings) async throws -> Done { try noLocalInstance() }

  /// How the queue stands: linearizable.
  public distributed func status(_ query: ViewQueue) async throws -> QueueStatus { try noLocalInstance() }
}
