// The errors of calls, as callers and the wire see them: a value.
internal import CBOR
internal import NIOCore

/// Why a call has no reply. Typed refusals of an actor (`DurableState.Refusal`) are thrown as themselves.
public enum ClusterError: Error, Codable, Equatable, Sendable, CustomStringConvertible {
  /// No leader could be reached in time. The command may or may not have had its effect: retry with its id.
  case unavailable(reason: String, retryAfterMilliseconds: Int)
  /// A limit was reached; nothing happened. Retry after the time given.
  case overloaded(what: String, retryAfterMilliseconds: Int)
  /// The command's id is older than what the partition remembers: it may have had its effect, and is not
  /// executed (again).
  case outcomeUnknown(command: String)
  /// The command's id was used before for another method or argument. Nothing was done: each command has its own id.
  case commandReused(command: String)
  case unknownActorType(String)
  case unknownMethod(type: String, method: String)
  /// The callee's version of the software means something else by this method.
  case incompatibleMethod(type: String, method: String)
  case malformedArgument(type: String, method: String, detail: String)
  /// The call cannot work as it was made, whoever retries it.
  case invalidCall(String)
  /// The node-bound actor is gone: its node restarted, or it was resigned.
  case actorGone(String)
  /// The method of a node-bound actor threw an error that is not `Codable`.
  case remoteFailure(String)
  /// The partition met an entry that it could not apply and has stopped; operators see an alarm.
  case quarantined(partition: UInt32, detail: String)
  /// The command had no effect: nodes died of it so often that it is not executed any more, anywhere.
  case poisoned(command: String, crashes: Int)
  /// This system is shutting down.
  case shuttingDown

  /// Whether the same call, with the same command id, may succeed later.
  public var isRetryable: Bool {
    switch self {
    case .unavailable, .overloaded, .shuttingDown: true
    case .outcomeUnknown, .commandReused, .unknownActorType, .unknownMethod, .incompatibleMethod,
      .malformedArgument,
      .invalidCall,
      .actorGone,
      .remoteFailure, .quarantined, .poisoned:
      false
    }
  }

  /// How long to wait before a retry, if one makes sense.
  public var retryAfterMilliseconds: Int? {
    switch self {
    case .unavailable(_, let delay), .overloaded(_, let delay): delay
    case .shuttingDown: 1_000
    default: nil
    }
  }

  public var description: String {
    switch self {
    case .unavailable(let reason, let delay):
      "unavailable: \(reason); the outcome is unknown, retry with the same command id in \(delay) ms"
    case .overloaded(let what, let delay):
      "overloaded: \(what); nothing was changed, retry in \(delay) ms"
    case .outcomeUnknown(let command):
      "outcome unknown: command \(command) is older than what is remembered; look at the state before acting"
    case .commandReused(let command):
      "command id reused: \(command) was another command before; nothing was done, give each command its own id"
    case .unknownActorType(let type):
      "unknown actor type '\(type)': this node's version does not have it"
    case .unknownMethod(let type, let method):
      "unknown method '\(method)' of actor type '\(type)'"
    case .incompatibleMethod(let type, let method):
      "method '\(method)' of actor type '\(type)' means something else at the callee: bring both nodes to the same version"
    case .malformedArgument(let type, let method, let detail):
      "malformed argument of \(type).\(method): \(detail)"
    case .invalidCall(let detail): "invalid call: \(detail)"
    case .actorGone(let id): "actor \(id) is gone"
    case .remoteFailure(let detail): "the actor failed: \(detail)"
    case .quarantined(let partition, let detail):
      "partition \(partition) is quarantined and serves nothing until an operator acts: \(detail)"
    case .poisoned(let command, let crashes):
      "poisoned: command \(command) had no effect and is refused for good, because \(crashes) times a node died of it; "
        + "report it with the actor and method that the nodes' logs name"
    case .shuttingDown: "this node is shutting down; retry at another node"
    }
  }
}

extension ClusterError {
  /// As it goes over the wire. An error that cannot be encoded goes as its words.
  var cbor: [UInt8] {
    let encoder = CBOREncoder()
    return (try? encoder.encode(self)) ?? (try? encoder.encode(ClusterError.remoteFailure("\(self)"))) ?? []
  }

  /// Of bytes from a peer: an error that this version does not know is one whose outcome is unknown.
  init(cbor: ByteBuffer) {
    let decoded = try? CBORDecoder().decode(ClusterError.self, from: Array(cbor.readableBytesView))
    self =
      decoded?.withBoundedDelay
      ?? .unavailable(reason: "an error that this version does not know", retryAfterMilliseconds: 1_000)
  }

  /// A peer does not make this system wait for days, or ask again without a pause.
  private var withBoundedDelay: ClusterError {
    func bounded(_ delay: Int) -> Int { min(max(1, delay), 60_000) }
    return switch self {
    case .unavailable(let reason, let delay):
      .unavailable(reason: reason, retryAfterMilliseconds: bounded(delay))
    case .overloaded(let what, let delay): .overloaded(what: what, retryAfterMilliseconds: bounded(delay))
    default: self
    }
  }
}
