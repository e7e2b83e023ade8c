// The people and programs around a simulated cluster: customers, agents, and counters that are easy to check. Values.
import ActorCluster
import CBOR
import ContactCenter

/// What a client asks for.
struct ClientRequest {
  enum Purpose: Equatable {
    case create
    case act
    case viewAgent
    case add(String)
    case read(String)
    case transfer
    case remind
  }

  var actor: ActorKey
  var method: String
  var argument: [UInt8]
  var purpose: Purpose

  init(_ actor: ActorKey, _ method: String, _ argument: some Encodable, _ purpose: Purpose) {
    self.actor = actor
    self.method = method
    self.argument = (try? CBOREncoder().encode(argument)) ?? []
    self.purpose = purpose
  }

  static func read(_ register: String) -> ClientRequest {
    ClientRequest(ActorKey(type: Counter.actorType, id: register), "value", Done(), .read(register))
  }

  static func add(_ counter: String) -> ClientRequest {
    ClientRequest(ActorKey(type: Counter.actorType, id: counter), "increment", 1, .add(counter))
  }

  var isRead: Bool {
    switch purpose {
    case .viewAgent, .read: true
    case .create, .act, .add, .transfer, .remind: false
    }
  }
}

/// One client: one command at a time, sent again with its id at any node until it is answered.
struct SimulatedClient {
  enum Kind {
    case customer(Int)
    case agent(String)
    case counting
  }

  /// A command under way.
  struct Pending {
    var request: ClientRequest
    var command: CommandID
    var attempts = 0
    var sentAt: Int64 = 0
    /// Where it was sent last.
    var node: Int?
    /// Calls for it have numbers from here on.
    var firstCall: UInt64
  }

  /// A command that was answered and is sent again: its answer must be the same.
  struct Echo {
    var pending: Pending
    var reply: [UInt8]
    var call: CallID
    var sentAt: Int64
  }

  let kind: Kind
  let session: SessionID
  var sequence: UInt64 = 0
  var pending: Pending?
  var echo: Echo?
  /// What an agent saw last, and has not acted upon.
  var view: AgentView?
  var isSignedIn = false
  var created = 0
  /// Of the interactions that a customer created, the last.
  var last: String?

  static let counters = ["c0", "c1", "c2"]
  /// Only added to and read: their history must be linearizable.
  static let registers = ["r0", "r1"]
  static let queues = ["sales", "service"]

  static func crew(seed: UInt64) -> [SimulatedClient] {
    let kinds: [Kind] =
      [.customer(0), .customer(1)] + (0..<3).map { .agent("a\($0)") } + (0..<4).map { _ in .counting }
    return kinds.enumerated().map {
      SimulatedClient(kind: $0.element, session: SessionID(high: seed, low: UInt64($0.offset) + 1))
    }
  }

  /// The least time between two of its turns, in microseconds.
  var pause: Int64 {
    switch kind {
    case .customer: 1_400_000
    case .agent: 210_000
    case .counting: 900_000
    }
  }

  var isFreeToCount: Bool {
    if case .counting = kind { pending == nil } else { false }
  }

  init(kind: Kind, session: SessionID) {
    self.kind = kind
    self.session = session
  }

  /// What it wants next; nil for nothing now.
  /// - Parameter isClosing: no new work: agents finish what there is.
  mutating func next(_ random: inout SplitMix64, isClosing: Bool) -> ClientRequest? {
    switch kind {
    case .customer(let number): isClosing ? nil : customer(number, &random)
    case .agent(let id): agent(id, &random, isClosing: isClosing)
    case .counting: isClosing ? nil : count(&random)
    }
  }

  private mutating func customer(_ number: Int, _ random: inout SplitMix64) -> ClientRequest? {
    if let last, random.chance(oneIn: 6) {
      self.last = nil
      return ClientRequest(.interaction(last), "abandon", Abandon(reason: "tired"), .act)
    }
    guard !random.chance(oneIn: 3) else { return nil }
    created += 1
    let id = "i\(number)-\(created)"
    last = id
    let create = CreateInteraction(
      channel: random.chance(oneIn: 3) ? .chat : .voice,
      queue: Self.queues[Int(random.next() % UInt64(Self.queues.count))],
      priority: random.chance(oneIn: 4) ? 5 : 0, offerTimeoutMs: 1_500,
      wrapUpMs: random.chance(oneIn: 2) ? 1_000 : 0)
    return ClientRequest(.interaction(id), "create", create, .create)
  }

  private mutating func agent(
    _ id: String, _ random: inout SplitMix64, isClosing: Bool
  ) -> ClientRequest? {
    let key = ActorKey.agent(id)
    guard isSignedIn else {
      isSignedIn = true
      return ClientRequest(
        key, "signIn", SignIn(queues: Self.queues, capacity: [.voice: 1, .chat: 2], missesBeforeNotReady: 3),
        .act)
    }
    guard let view else { return ClientRequest(key, "view", ViewAgent(), .viewAgent) }
    self.view = nil
    if view.state != .ready { return ClientRequest(key, "setReady", SetReady(), .act) }
    guard let slot = view.slots.first else { return nil }
    let interaction = ActorKey.interaction(slot.interaction)
    switch slot.phase {
    case .reserved:
      if isClosing || !random.chance(oneIn: 6) {
        return ClientRequest(interaction, "accept", Accept(agent: id), .act)
      }
      // It declines, or lets it ring.
      return random.chance(oneIn: 2)
        ? ClientRequest(interaction, "decline", Decline(agent: id), .act) : nil
    case .active:
      return random.chance(oneIn: 2)
        ? ClientRequest(interaction, "complete", Complete(agent: id, disposition: "done"), .act)
        : ClientRequest(interaction, "finishWrapUp", FinishWrapUp(agent: id), .act)
    }
  }

  private func count(_ random: inout SplitMix64) -> ClientRequest {
    let counter = Self.counters[Int(random.next() % UInt64(Self.counters.count))]
    let register = Self.registers[Int(random.next() % UInt64(Self.registers.count))]
    let actor = ActorKey(type: Counter.actorType, id: counter)
    switch random.next() % 8 {
    case 0, 1:
      let to = Self.counters[Int(random.next() % UInt64(Self.counters.count))]
      return ClientRequest(actor, "transfer", CounterState.Transfer(to: to, amount: 7), .transfer)
    case 2:
      return ClientRequest(actor, "remind", Int(random.next() % 800), .remind)
    case 3:
      return .add(counter)
    case 4, 5:
      return .read(register)
    default:
      return .add(register)
    }
  }
}
