// The agent as a distributed actor: its methods by name. No logic.
public import ActorCluster
public import Distributed

/// One person (or program) who takes interactions, wherever it lives in the cluster.
/// Every method may throw `ContactCenterRefusal`; nothing has changed then.
public distributed actor Agent: DurableActor {
  public typealias ActorSystem = ClusterSystem
  public typealias State = AgentState

  public static let actorType = "agent"
  public static let methods = MethodTable<AgentState>([
    .command("signIn", AgentState.signIn),
    .command("signOut", AgentState.signOut),
    .command("setReady", AgentState.setReady),
    .command("setNotReady", AgentState.setNotReady),
    .read("view", AgentState.view),
    .command(MessageName.reserve, AgentState.reserve),
    .command(MessageName.answered, AgentState.answered),
    .command(MessageName.release, AgentState.release),
  ])

  /// Signs in, not ready at first; or changes queues, skills and capacity while signed in.
  public distributed func signIn(_ command: SignIn) async throws -> AgentView { try noLocalInstance() }

  /// Signs out. Interactions that the agent holds stay with it until they end.
  public distributed func signOut(_ command: SignOut) async throws -> AgentView { try noLocalInstance() }

  /// Takes work from now on.
  public distributed func setReady(_ command: SetReady) async throws -> AgentView { try noLocalInstance() }

  /// Takes no new work from now on.
  public distributed func setNotReady(_ command: SetNotReady) async throws -> AgentView {
    try noLocalInstance()
  }

  /// The agent as it is: linearizable. An agent that never signed in is signed out.
  public distributed func view(_ query: ViewAgent) async throws -> AgentView { try noLocalInstance() }
}
