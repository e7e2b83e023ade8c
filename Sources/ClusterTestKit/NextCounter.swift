// The counter one version later: a field, an event and a method more. For tests of two versions in one cluster.
public import ActorCluster
import CBOR
public import Distributed

/// What `Counter` is in the next version. Both have the same name on the wire and on disk, and are never in one process.
public distributed actor NextCounter: DurableActor {
  public typealias ActorSystem = ClusterSystem
  public typealias State = NextCounterState

  public static let actorType = Counter.actorType
  public static let methods = MethodTable<NextCounterState>([
    .command("increment", NextCounterState.increment),
    .command("transfer", NextCounterState.transfer),
    .command("deposit", NextCounterState.deposit),
    .command("remind", NextCounterState.remind),
    .command("reminded", NextCounterState.reminded),
    .command("retire", NextCounterState.retire),
    .command("mark", NextCounterState.mark),
    .read("value", NextCounterState.read),
  ])

  public distributed func increment(_ by: Int) async throws -> Int { try noLocalInstance() }
  /// The method that the version before does not have.
  public distributed func mark(_ by: Int) async throws -> Int { try noLocalInstance() }
  public distributed func value(_ nothing: Done) async throws -> NextCounterState.Value {
    try noLocalInstance()
  }
}

/// All that it shares with the version before is that version's own code: what the two write is the same, byte for byte, but
/// for what is new.
public struct NextCounterState: DurableState {
  public typealias Refusal = CounterState.Refusal

  public struct Value: Codable, Equatable, Sendable {
    public var known = CounterState.Value()
    /// The field that the version before does not have. Optional: rows that it wrote lack it, and what nothing new has happened to
    /// is written as it writes it.
    public var marks: Int?

    private enum CodingKeys: String, CodingKey {
      case marks
    }

    init() {}

    public init(from decoder: any Decoder) throws {
      known = try CounterState.Value(from: decoder)
      marks = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Int.self, forKey: .marks)
    }

    public func encode(to encoder: any Encoder) throws {
      try known.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeIfPresent(marks, forKey: .marks)
    }
  }

  public enum Event: Codable, Sendable {
    case known(CounterState.Event)
    /// The event that the version before does not have.
    case marked(Int)

    private enum CodingKeys: String, CodingKey {
      case marked
    }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      self =
        if let by = try container.decodeIfPresent(Int.self, forKey: .marked) {
          .marked(by)
        } else {
          .known(try CounterState.Event(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
      switch self {
      case .known(let event): try event.encode(to: encoder)
      case .marked(let by):
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(by, forKey: .marked)
      }
    }
  }

  private var known: CounterState
  private var marks: Int?

  public init(id: String) {
    known = CounterState(id: id)
  }

  public init(id: String, rows: [StateRow]) throws {
    known = try CounterState(id: id, rows: rows)
    for row in rows { marks = try CBORDecoder().decode(Value.self, from: row.value).marks }
  }

  public mutating func apply(_ event: Event, at time: PartitionTime) -> Changes {
    switch event {
    case .known(let event): _ = known.apply(event, at: time)
    case .marked(let by): marks = (marks ?? 0) + by
    }
    return Changes(rows: [.put(key: "", value: (try? CBOREncoder().encode(value)) ?? [])])
  }

  public var retiredAt: PartitionTime? { known.retiredAt }

  private var value: Value {
    var value = Value()
    value.known = known.current
    value.marks = marks
    return value
  }

  // MARK: methods

  func mark(_ by: Int, _ context: DecisionContext) throws(Refusal) -> Decision<Event, Int> {
    guard retiredAt == nil else { throw .retired }
    let (sum, overflow) = (marks ?? 0).addingReportingOverflow(by)
    guard !overflow else { throw .wouldOverflow }
    return Decision([.marked(by)], reply: sum)
  }

  func increment(_ by: Int, _ context: DecisionContext) throws -> Decision<Event, Int> {
    lifted(try known.increment(by, context))
  }

  func transfer(_ order: CounterState.Transfer, _ context: DecisionContext) throws -> Decision<Event, Int> {
    lifted(try known.transfer(order, context))
  }

  func deposit(_ amount: Int, _ context: DecisionContext) throws -> Decision<Event, Done> {
    lifted(try known.deposit(amount, context))
  }

  func remind(_ after: Int, _ context: DecisionContext) throws -> Decision<Event, Done> {
    lifted(try known.remind(after, context))
  }

  func reminded(_ due: PartitionTime, _ context: DecisionContext) throws -> Decision<Event, Done> {
    lifted(try known.reminded(due, context))
  }

  func retire(_ nothing: Done, _ context: DecisionContext) throws -> Decision<Event, Done> {
    lifted(try known.retire(nothing, context))
  }

  func read(_ nothing: Done, _ context: DecisionContext) throws -> Value { value }

  private func lifted<Reply>(_ decision: Decision<CounterState.Event, Reply>) -> Decision<Event, Reply> {
    Decision(
      decision.events.map { .known($0) }, messages: decision.messages, timers: decision.timers,
      reply: decision.reply)
  }
}
