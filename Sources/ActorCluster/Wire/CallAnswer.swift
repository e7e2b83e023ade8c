// How a call ends, on the wire: values.
package import PeerTransport

/// The answer to a call, from the replica or node that was asked.
package enum CallAnswer: Equatable, Sendable {
  /// CBOR of the method's reply.
  case reply([UInt8])
  /// CBOR of the actor's typed refusal.
  case refused([UInt8])
  /// This replica does not lead; ask that node, or any other if it does not know.
  case redirected(to: NodeID?)
  case failed(ClusterError)

  package var isFailure: Bool {
    if case .failed = self { true } else { false }
  }
}
