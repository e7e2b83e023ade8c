// A durable actor for tests: a counter that can pass amounts on and set timers.
public import ActorCluster
import CBOR
public import Distributed

/// Counts, passes amounts to other counters by durable message, and counts timers that fired.
public distributed actor Counter: DurableActor {
  public typealias ActorSystem = ClusterSystem
  public typealias State = CounterState

  public static let actorType = "counter"
  public static let methods = MethodTable<CounterState>([
    .command("increment", CounterState.increment),
    .command("transfer", CounterState.transfer),
    .command("deposit", CounterState.deposit),
    .command("remind", CounterState.remind),
    .command("reminded", CounterState.reminded),
    .command("retire", CounterState.retire),
    .read("value", CounterState.read),
  ])

  public distributed func increment(_ by: Int) async throws -> Int { try noLocalInstance() }
  public distributed func transfer(_ order: CounterState.Transfer) async throws -> Int {
    try noLocalInstance()
  }
  public distributed func remind(_ afterMilliseconds: Int) async throws -> Done { try noLocalInstance() }
  public distributed func value(_ nothing: Done) async throws -> CounterState.Value { try noLocalInstance() }
}

public struct CounterState: DurableState {
  public struct Transfer: Codable, Sendable {
    public var to: String
    public var amount: Int

    public init(to: String, amount: Int) {
      self.to = to
      self.amount = amount
    }
  }

  public struct Value: Codable, Equatable, Sendable {
    public var value = 0
    public var increments = 0
    public var fired = 0
    public var lateMilliseconds: Int64 = 0
    public var retiredAt: PartitionTime?
  }

  public enum Event: Codable, Sendable {
    case added(Int, counts: Bool)
    case fired(lateBy: Int64)
    case retired
  }

  public enum Refusal: Error, Codable, Equatable, Sendable {
    case wouldOverflow
    case retired
  }

  private let id: String
  private(set) var current = Value()

  public init(id: String) {
    self.id = id
  }

  public init(id: String, rows: [StateRow]) throws {
    self.id = id
    for row in rows { current = try CBORDecoder().decode(Value.self, from: row.value) }
  }

  public mutating func apply(_ event: Event, at time: PartitionTime) -> Changes {
    switch event {
    case .added(let amount, let counts):
      current.value += amount
      if counts { current.increments += 1 }
    case .fired(let late):
      current.fired += 1
      current.lateMilliseconds = max(current.lateMilliseconds, late)
    case .retired:
      current.retiredAt = time
    }
    return Changes(rows: [.put(key: "", value: (try? CBOREncoder().encode(current)) ?? [])])
  }

  public var retiredAt: PartitionTime? { current.retiredAt }

  /// Nothing changes it after that.
  func retire(_ nothing: Done, _ context: DecisionContext) throws(Refusal) -> Decision<Event, Done> {
    guard current.retiredAt == nil else { throw .retired }
    return Decision([.retired], reply: Done())
  }

  func increment(_ by: Int, _ context: DecisionContext) throws(Refusal) -> Decision<Event, Int> {
    guard current.retiredAt == nil else { throw .retired }
    let (sum, overflow) = current.value.addingReportingOverflow(by)
    guard !overflow else { throw .wouldOverflow }
    return Decision([.added(by, counts: true)], reply: sum)
  }

  func transfer(_ order: Transfer, _ context: DecisionContext) throws -> Decision<Event, Int> {
    let message = try DurableMessage(
      to: ActorKey(type: Counter.actorType, id: order.to), method: "deposit", argument: order.amount)
    return Decision(
      [.added(-order.amount, counts: false)], messages: [message], reply: current.value - order.amount)
  }

  func deposit(_ amount: Int, _ context: DecisionContext) throws -> Decision<Event, Done> {
    guard current.retiredAt == nil else { throw Refusal.retired }
    return Decision([.added(amount, counts: false)])
  }

  func remind(_ after: Int, _ context: DecisionContext) throws -> Decision<Event, Done> {
    let due = context.now.advanced(byMilliseconds: Int64(after))
    let name = context.command.map { $0.derivedID() } ?? ""
    return Decision(
      timers: [try .set(name: name, at: due, method: "reminded", argument: due)])
  }

  func reminded(_ due: PartitionTime, _ context: DecisionContext) throws -> Decision<Event, Done> {
    Decision([.fired(lateBy: context.now.milliseconds - due.milliseconds)])
  }

  func read(_ nothing: Done, _ context: DecisionContext) throws -> Value { current }
}
