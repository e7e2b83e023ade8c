// The proof that the other nodes are off, which a person gives before one goes on without them: pure.
internal import ActorCluster
package import PeerTransport

/// What has to be typed for each node.
package enum OffProof {
  package static func words(for node: NodeID) -> String { "\(node)-IS-OFF" }

  /// The nodes for which the words are missing.
  /// - Parameter given: each exactly as `words(for:)` has it.
  package static func missing(of others: [NodeID], given: [String]) -> [NodeID] {
    others.filter { !given.contains(words(for: $0)) }
  }

  /// What was typed and is no proof of any of them.
  package static func unknown(_ given: [String], others: [NodeID]) -> [String] {
    given.filter { words in !others.contains { self.words(for: $0) == words } }
  }
}
