// A durable actor for tests: one number that can be read, written, swapped and added to. Its state is in RegisterState.
public import ActorCluster
public import Distributed

/// A register as histories are checked against: its functions are those of the checker's model `register`.
public distributed actor Register: DurableActor {
  public typealias ActorSystem = ClusterSystem
  public typealias State = RegisterState

  public static let actorType = "register"
  public static let methods = MethodTable<RegisterState>([
    .read("read", RegisterState.read),
    .command("write", RegisterState.write),
    .command("compareAndSet", RegisterState.compareAndSet),
    .command("add", RegisterState.add),
  ])

  /// The value; none if it was never written. Linearizable, and costs no log entry.
  public distributed func read(_ nothing: Done) async throws -> RegisterState.Value { try noLocalInstance() }
  public distributed func write(_ value: Int) async throws -> Done { try noLocalInstance() }
  /// Whether it held what was expected, and holds the new value now.
  public distributed func compareAndSet(_ swap: RegisterState.Swap) async throws -> Bool {
    try noLocalInstance()
  }
  /// The new total. A register that was never written counts as 0.
  public distributed func add(_ delta: Int) async throws -> Int { try noLocalInstance() }
}
