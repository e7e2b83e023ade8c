// What the domain refuses commands with: a value that reaches the caller as thrown.

/// Why a command was refused. Nothing changed.
///
/// Refusals answer commands of people and programs only; a message between actors that comes too late is void and
/// is ignored without a refusal.
public enum ContactCenterRefusal: Error, Codable, Equatable, Sendable, CustomStringConvertible {
  /// No interaction of this id was ever created.
  case unknownInteraction(String)
  /// An interaction of this id was created before, by another command.
  case alreadyExists(String)
  /// The interaction is not offered to this agent now: it is in `state`, with `holder` if an agent has it.
  case notOffered(to: String, state: InteractionStage, holder: String?)
  /// The interaction was answered already, by the agent named.
  case alreadyAnswered(by: String)
  /// The agent cannot end or wrap up an interaction that it does not hold.
  case notHeld(by: String, state: InteractionStage, holder: String?)
  /// An interaction that an agent has answered is completed, never abandoned.
  case notWaiting(state: InteractionStage)
  /// The interaction is closed; nothing happens to it any more.
  case closed(InteractionOutcome)
  /// The agent must sign in first.
  case notSignedIn(String)
  /// The agent holds more interactions of the channel than the capacity asked for.
  case capacityInUse(channel: Channel, held: Int)
  /// An input is out of its limits.
  case invalid(field: String, why: String)

  /// A stable name of the reason, for programs.
  public var code: String {
    switch self {
    case .unknownInteraction: "unknown_interaction"
    case .alreadyExists: "already_exists"
    case .notOffered: "not_offered"
    case .alreadyAnswered: "already_answered"
    case .notHeld: "not_held"
    case .notWaiting: "not_waiting"
    case .closed: "closed"
    case .notSignedIn: "not_signed_in"
    case .capacityInUse: "capacity_in_use"
    case .invalid: "invalid"
    }
  }

  /// Whether the same command may succeed later although its caller changes nothing. Only `capacityInUse` ends by
  /// itself, as the interactions held come to their end.
  public var isRetryable: Bool {
    switch self {
    case .capacityInUse: true
    case .unknownInteraction, .alreadyExists, .notOffered, .alreadyAnswered, .notHeld, .notWaiting, .closed,
      .notSignedIn, .invalid:
      false
    }
  }

  public var description: String {
    switch self {
    case .unknownInteraction(let id):
      "there is no interaction '\(id)'; create it first"
    case .alreadyExists(let id):
      "interaction '\(id)' exists already; use another id, or read it"
    case .notOffered(let agent, let state, let holder):
      "the interaction is not offered to agent '\(agent)': it is \(state.with(holder)); wait for the next offer"
    case .alreadyAnswered(let agent):
      "the interaction was answered by agent '\(agent)'"
    case .notHeld(let agent, let state, let holder):
      "agent '\(agent)' does not hold the interaction: it is \(state.with(holder))"
    case .notWaiting(let state):
      "the interaction is \(state.rawValue) and cannot be abandoned; its agent completes it"
    case .closed(let outcome):
      "the interaction is closed (\(outcome.rawValue))"
    case .notSignedIn(let agent):
      "agent '\(agent)' is not signed in; sign in first"
    case .capacityInUse(let channel, let held):
      "the agent holds \(held) \(channel.rawValue) interactions, more than the new capacity; end them first"
    case .invalid(let field, let why):
      "\(field) \(why)"
    }
  }
}

extension InteractionStage {
  fileprivate func with(_ holder: String?) -> String {
    holder.map { "\(rawValue), with agent '\($0)'" } ?? rawValue
  }
}
