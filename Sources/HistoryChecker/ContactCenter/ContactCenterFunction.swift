// The words of the contact-center model. Pure.

/// What may be in `f`. Commands may carry `"command"` in their value: operations with the same one are attempts of the same
/// command and count as one.
enum ContactCenterFunction: String, CaseIterable, Sendable {
  // Commands to an interaction, which is the key. The key of `create` may be told by its `ok` alone.
  case create
  case accept
  case decline
  case complete
  case finishWrapUp = "finish-wrap-up"
  case abandon
  /// An agent gives the interaction back to the line.
  case requeue
  // What is seen of an interaction.
  case view
  /// What is seen of it at the end, when nothing moves any more.
  case final
  // Agents; the key is the agent.
  case signIn = "sign-in"
  case stateOfAgent = "state-of-agent"
  /// A durable message has had its effect; the key is the pair of sender and receiver, the value its number.
  case deliver

  /// Whether it belongs to the life of the interaction that is its key.
  var isOfInteraction: Bool {
    switch self {
    case .create, .accept, .decline, .complete, .finishWrapUp, .abandon, .requeue, .view, .final: true
    case .signIn, .stateOfAgent, .deliver: false
    }
  }

  var needsAgent: Bool {
    switch self {
    case .accept, .decline, .complete, .finishWrapUp, .requeue: true
    default: false
    }
  }
}

/// What an observer says of an interaction.
struct SeenInteraction: Equatable {
  enum State: String, CaseIterable {
    case waiting
    case offered
    case callback
    case selfService = "self-service"
    /// With an agent: in conversation or in wrap-up.
    case held
    case active
    case wrapUp
    case closed
  }

  var state: State
  /// Nil if nothing was said of agents.
  var agents: [JSONValue]?
  /// Nil if nothing was said of queues.
  var queues: [JSONValue]?

  static let wanted =
    "null, or an object with a \"state\" of \(State.allCases.map(\.rawValue)), and maybe an \"agent\" (a text, or null for none) or \"agents\", and \"queues\": lists of texts"

  /// `{"state": …, "agent": … or "agents": […], "queues": […]}`. An agent that is null is said to be none.
  init?(_ value: JSONValue) {
    guard let state = value["state"]?.text.flatMap(State.init) else { return nil }
    self.state = state
    if let agent = value["agent"] {
      guard agent == .null || agent.text != nil else { return nil }
      agents = agent == .null ? [] : [agent]
    }
    if let list = value["agents"] {
      guard let names = Self.texts(list), agents == nil || agents == names else { return nil }
      agents = names
    }
    if let list = value["queues"] {
      guard let names = Self.texts(list) else { return nil }
      queues = names
    }
  }

  private static func texts(_ list: JSONValue) -> [JSONValue]? {
    guard let elements = list.elements, elements.allSatisfy({ $0.text != nil }) else { return nil }
    return elements
  }
}
