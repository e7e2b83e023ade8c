// The lanes of the links below calls and partitions: for measurements.
package import PeerTransport

extension ClusterSystem {
  /// The way to a node while the link to it lasts; nil without one. Frames of no known kind reach the observer of the node's
  /// transport (``TransportConfiguration/observer``) and nobody else.
  package func sender(to node: NodeID) -> PeerSender? { callLinks.link(to: node)?.sender }
}
