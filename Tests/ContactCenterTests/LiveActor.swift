// One durable actor in memory, called by method name as the partition host calls it.
import ActorCluster
import CBOR
import ContactCenter

/// What a decision wants to happen elsewhere.
struct Effects: Sendable {
  var messages: [DurableMessage] = []
  var timers: [TimerChange] = []
}

/// A state with its rows: every event goes through its encoding, and every row that `apply` returns is kept, so that
/// the state can be rebuilt from them.
struct LiveActor<State: DurableState & Equatable>: Sendable where State.Event: Equatable {
  let key: ActorKey
  let methods: MethodTable<State>
  private(set) var state: State
  private(set) var rows: [String: [UInt8]] = [:]
  /// Events of the last call.
  private(set) var lastEvents: [State.Event] = []
  /// Each state that those events led to.
  private(set) var steps: [State] = []

  init(_ key: ActorKey, _ methods: MethodTable<State>) {
    self.key = key
    self.methods = methods
    state = State(id: key.id)
  }

  /// Calls a method; applies what it decides.
  mutating func call(_ method: String, encoded argument: [UInt8], at now: Int64) throws -> (
    reply: [UInt8], Effects
  ) {
    guard let entry = methods.methods[method] else { throw NoSuchMethod(key: key, method: method) }
    let context = DecisionContext(now: PartitionTime(milliseconds: now), actor: key, command: nil)
    switch entry.kind {
    case .read(let read):
      return (try read(state, argument, context).bytes, Effects())
    case .command(let decide):
      let decision = try decide(state, argument, context)
      lastEvents = try CBORDecoder().decode(
        [State.Event].self, from: try CBOREncoder().encode(decision.events))
      steps = []
      for event in lastEvents {
        for row in state.apply(event, at: context.now).rows {
          switch row {
          case .put(let key, let value): rows[key] = value
          case .delete(let key): rows[key] = nil
          }
        }
        steps.append(state)
      }
      return (decision.reply.bytes, Effects(messages: decision.messages, timers: decision.timers))
    }
  }

  /// Calls a method and decodes its reply.
  mutating func call<Reply: Decodable>(
    _ method: String, _ argument: some Encodable, at now: Int64, returning: Reply.Type = Reply.self
  ) throws -> (reply: Reply, effects: Effects) {
    let (reply, effects) = try call(method, encoded: try CBOREncoder().encode(argument), at: now)
    return (try CBORDecoder().decode(Reply.self, from: reply), effects)
  }

  /// Calls a method for its effects.
  @discardableResult
  mutating func send(_ method: String, _ argument: some Encodable, at now: Int64) throws -> Effects {
    try call(method, encoded: try CBOREncoder().encode(argument), at: now).1
  }

  /// The state as another node would load it.
  func rebuilt() throws -> State {
    let stored = rows.keys.sorted().compactMap { key in rows[key].map { StateRow(key: key, value: $0) } }
    return try State(id: key.id, rows: stored)
  }
}

struct NoSuchMethod: Error {
  let key: ActorKey
  let method: String
}

extension LiveActor where State == InteractionState {
  init(interaction id: String) { self.init(.interaction(id), Interaction.methods) }
}

extension LiveActor where State == AgentState {
  init(agent id: String) { self.init(.agent(id), Agent.methods) }
}

extension LiveActor where State == WorkQueueState {
  init(queue id: String) { self.init(.workQueue(id), WorkQueue.methods) }
}

extension DurableMessage {
  func decoded<Argument: Decodable>(_ type: Argument.Type) throws -> Argument {
    try CBORDecoder().decode(type, from: argument)
  }
}
