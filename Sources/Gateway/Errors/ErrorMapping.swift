// From what the cluster and the domain throw to what callers of the API see: pure.
package import ActorCluster
package import ContactCenter
internal import Hummingbird
internal import NIOCore

extension APIError {
  /// - Returns: nil for an error that callers cannot do anything about and must not see.
  package init?(_ error: any Error) {
    switch error {
    case let error as APIError: self = error
    case let refusal as ContactCenterRefusal: self.init(refusal)
    case let refusal as ClusterRefusal: self.init(refusal)
    case let error as ClusterError: self.init(error)
    case is NIOTooManyBytesError:
      self.init(.contentTooLarge, "bodyTooLarge", "the request's body is too large; send less at once")
    case is CancellationError:
      self.init(
        .serviceUnavailable, "shuttingDown", "the request was cut off; retry with the same Idempotency-Key",
        isRetryable: true, retryAfterMs: 1_000)
    case let error as HTTPError where error.status == .notFound:
      self.init(
        .notFound, "unknownRoute", "this method and path are not part of the API; look at their spelling")
    case let error as HTTPError:
      self.init(error.status, "badRequest", error.body ?? error.status.reasonPhrase)
    default: return nil
    }
  }

  package init(_ refusal: ContactCenterRefusal) {
    let (status, code): (HTTPResponse.Status, String) =
      switch refusal {
      case .unknownInteraction: (.notFound, "unknownInteraction")
      case .alreadyExists: (.conflict, "alreadyExists")
      case .notOffered: (.conflict, "notOffered")
      case .alreadyAnswered: (.conflict, "alreadyAnswered")
      case .notHeld: (.conflict, "notHeld")
      case .notWaiting: (.conflict, "notWaiting")
      case .closed: (.conflict, "closed")
      case .notSignedIn: (.conflict, "notSignedIn")
      case .capacityInUse: (.conflict, "capacityInUse")
      case .invalid: (.unprocessableContent, "invalid")
      }
    self.init(status, code, "\(refusal)", isRetryable: refusal.isRetryable)
  }

  package init(_ error: ClusterError) {
    let (status, code): (HTTPResponse.Status, String) =
      switch error {
      case .unavailable: (.serviceUnavailable, "unavailable")
      case .overloaded: (.tooManyRequests, "overloaded")
      case .outcomeUnknown: (.conflict, "outcomeUnknown")
      case .commandReused: (.unprocessableContent, "idempotencyKeyReused")
      case .quarantined: (.serviceUnavailable, "quarantined")
      case .poisoned: (.unprocessableContent, "poisoned")
      case .shuttingDown: (.serviceUnavailable, "shuttingDown")
      case .unknownActorType, .unknownMethod, .incompatibleMethod, .malformedArgument:
        (.notImplemented, "versionMismatch")
      case .invalidCall, .actorGone, .remoteFailure: (.internalServerError, "internal")
      }
    let advice =
      switch error {
      case .unavailable: "\(error)".replacing("command id", with: "Idempotency-Key")
      case .outcomeUnknown:
        "this Idempotency-Key is older than what is remembered: the request may have had its effect and was not "
          + "executed again; look at the state before acting"
      case .commandReused:
        "this Idempotency-Key was used before with another body: nothing was done; use a new key for each thing to do"
      case .poisoned(_, let crashes):
        "this request had no effect and is refused for good: \(crashes) times a node ended while it worked on it; do not "
          + "send it again under another Idempotency-Key, and report it"
      default: "\(error)"
      }
    self.init(
      status, code, advice, isRetryable: error.isRetryable, retryAfterMs: error.retryAfterMilliseconds)
  }

  /// What callers see of an error that is none of theirs; the node's log has it in full.
  package static func unexpected(request id: String) -> APIError {
    APIError(
      .internalServerError, "internal",
      "the node failed to answer; its log says why, under request \(id)")
  }
}
