// The distributed-actor side of a durable actor: a facade without state.
public import Distributed

/// A distributed actor whose state is replicated. The state is a value that lives in the partition host; this
/// facade has none, and no local instance of it ever exists: `resolve` always answers with a proxy, so that a
/// call is the same wherever the partition's leader is. Every distributed method takes exactly one argument and
/// is in `methods` under its base name; its body, which a proxy never runs, is `try await noLocalInstance()`.
public protocol DurableActor: DistributedActor where ActorSystem == ClusterSystem, ID == ActorID {
  associatedtype State: DurableState

  /// The stable name of the type, on the wire and on disk. Never change it.
  static var actorType: String { get }
  static var methods: MethodTable<State> { get }
}

extension DurableActor {
  /// The body of every distributed method of a durable actor.
  public func noLocalInstance<Reply>() throws -> Reply {
    throw ClusterError.invalidCall(
      "\(Self.actorType) is a durable actor: it is resolved by its id, never made with an initializer")
  }
}
