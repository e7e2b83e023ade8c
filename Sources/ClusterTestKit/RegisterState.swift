// The state of a register: what it decides and how it changes. Pure.
public import ActorCluster
import CBOR
import NodeStore

/// One number, or none as long as nobody has written it.
public struct RegisterState: DurableState {
  public struct Value: Codable, Equatable, Sendable {
    public var number: Int?

    public init(number: Int? = nil) {
      self.number = number
    }
  }

  /// What a compare-and-set expects and puts in its place.
  public struct Swap: Codable, Equatable, Sendable {
    public var from: Int?
    public var to: Int

    public init(from: Int?, to: Int) {
      self.from = from
      self.to = to
    }
  }

  public enum Event: Codable, Equatable, Sendable {
    case written(Int)
    /// The amount, not the total: an entry applied twice would show.
    case added(Int)
  }

  public enum Refusal: Error, Codable, Equatable, Sendable {
    case wouldOverflow
  }

  private var current = Value()

  public init(id: String) {}

  public init(id: String, rows: [StateRow]) throws {
    for row in rows { current = try CBORDecoder().decode(Value.self, from: row.value) }
  }

  public mutating func apply(_ event: Event, at time: PartitionTime) -> Changes {
    switch event {
    case .written(let number): current.number = number
    case .added(let delta): current.number = (current.number ?? 0) &+ delta
    }
    return Changes(rows: [.put(key: "", value: (try? CBOREncoder().encode(current)) ?? [])])
  }

  func read(_ nothing: Done, _ context: DecisionContext) throws -> Value { current }

  func write(_ number: Int, _ context: DecisionContext) throws -> Decision<Event, Done> {
    Decision([.written(number)])
  }

  func compareAndSet(_ swap: Swap, _ context: DecisionContext) throws -> Decision<Event, Bool> {
    guard current.number == swap.from else { return Decision(reply: false) }
    return Decision([.written(swap.to)], reply: true)
  }

  func add(_ delta: Int, _ context: DecisionContext) throws(Refusal) -> Decision<Event, Int> {
    let (sum, overflow) = (current.number ?? 0).addingReportingOverflow(delta)
    guard !overflow else { throw .wouldOverflow }
    return Decision([.added(delta)], reply: sum)
  }
}
