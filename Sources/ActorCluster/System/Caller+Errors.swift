// The errors that calls end with when nobody answered them. Pure.
internal import PeerTransport

extension Caller {
  static let notConnected = "is not connected"

  static let cancelled = ClusterError.unavailable(
    reason: "the caller was cancelled", retryAfterMilliseconds: 0)

  /// An actor of another incarnation: of one that is over, or of one whose link is not here yet.
  static func absent(_ id: NodeActorID, _ link: CallLink) -> ClusterError {
    id.incarnation < link.peer.incarnation
      ? .actorGone(id.description) : unavailable(id.node, notConnected)
  }

  static func unavailable(_ node: NodeID, _ why: String) -> ClusterError {
    .unavailable(reason: "\(node) \(why)", retryAfterMilliseconds: 100)
  }

  static func error(_ outcome: SendOutcome, _ node: NodeID) -> ClusterError {
    switch outcome {
    case .frameTooLarge: .invalidCall("the argument is longer than a frame may be")
    case .overloaded:
      .overloaded(what: "the link to \(node) is full", retryAfterMilliseconds: 50)
    case .queued, .notConnected: unavailable(node, notConnected)
    }
  }
}
