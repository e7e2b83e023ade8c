// The interaction as a distributed actor: its methods by name. No logic.
public import ActorCluster
public import Distributed

/// One conversation with one customer, from its arrival to its end, wherever it lives in the cluster.
/// Every method may throw `ContactCenterRefusal`; nothing has changed then.
public distributed actor Interaction: DurableActor {
  public typealias ActorSystem = ClusterSystem
  public typealias State = InteractionState

  public static let actorType = "interaction"
  public static let methods = MethodTable<InteractionState>([
    .command("create", InteractionState.create),
    .command("accept", InteractionState.accept),
    .command("decline", InteractionState.decline),
    .command("complete", InteractionState.complete),
    .command("finishWrapUp", InteractionState.finishWrapUp),
    .command("abandon", InteractionState.abandon),
    .read("view", InteractionState.view),
    .command(MessageName.reserved, InteractionState.reserved),
    .command(MessageName.offerExpired, InteractionState.offerExpired),
    .command(MessageName.wrapUpExpired, InteractionState.wrapUpExpired),
  ])

  /// Creates the interaction and puts it in line. Refuses an id that is in use.
  public distributed func create(_ command: CreateInteraction) async throws -> InteractionView {
    try noLocalInstance()
  }

  /// The agent answers; only while it is offered to that agent.
  public distributed func accept(_ command: Accept) async throws -> InteractionView { try noLocalInstance() }

  /// The agent sends the offer back; the interaction keeps its place in line.
  public distributed func decline(_ command: Decline) async throws -> InteractionView {
    try noLocalInstance()
  }

  /// The conversation is over; wrap-up begins if the interaction has any.
  public distributed func complete(_ command: Complete) async throws -> InteractionView {
    try noLocalInstance()
  }

  /// The after-call work is done.
  public distributed func finishWrapUp(_ command: FinishWrapUp) async throws -> InteractionView {
    try noLocalInstance()
  }

  /// The customer gave up; only before an agent answers.
  public distributed func abandon(_ command: Abandon) async throws -> InteractionView {
    try noLocalInstance()
  }

  /// The interaction as it is: linearizable.
  public distributed func view(_ query: ViewInteraction) async throws -> InteractionView {
    try noLocalInstance()
  }
}
