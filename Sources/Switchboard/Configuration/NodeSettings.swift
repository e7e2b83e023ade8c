// Everything a node is told at its start: an immutable value, complete and valid. Pure.
package import ActorCluster
package import Gateway
package import Logging
package import PeerTransport

/// The addresses of one node of the cluster.
package struct NodeAddresses: Equatable, Sendable {
  package let name: NodeID
  /// Where the other nodes reach it.
  package let peer: HostPort
  /// Where its HTTP API listens.
  package let api: HostPort
  /// Nil: a site of its own.
  package var site: String?
  /// It keeps only the log.
  package let isWitness: Bool

  package var apiURL: String { "http://\(api)" }
}

/// The settings of one node, out of a file that is the same on all nodes. Only ``NodeSettingsReader`` makes one.
package struct NodeSettings: Equatable, Sendable {
  package let cluster: String
  package let partitions: UInt32
  /// All nodes, in the order of their names.
  package let nodes: [NodeAddresses]
  /// This node, one of ``nodes``.
  package let own: NodeAddresses
  package let dataDirectory: String
  package let tls: TransportTLS
  package let tokens: [APIToken]
  package let timing: TimingPreset
  package let logLevel: Logger.Level
  package let allowsChaos: Bool
  package let disk: DiskSettings
  package let clocks: ClockSettings
  package let retention: RetentionSettings
  /// How long a node that is asked to end may take to hand its leaderships over.
  package let stopGrace: Duration
  package let alarms: AlarmSettings
  /// It joins a cluster that is there.
  package let joins: Bool
  package let founding: FoundingSettings
  package let raisesLevel: Bool
  /// Event loop threads; nil for one per core.
  package let threads: Int?
  /// What is allowed, but looks like a mistake; for the log.
  package let notes: [String]

  /// What the cluster is made of; of a node that joins it says nothing about the others.
  package var topology: ClusterTopology {
    ClusterTopology(
      name: cluster, nodes: joins ? [] : nodes.map(\.name), partitionCount: partitions,
      witnesses: nodes.filter(\.isWitness).map(\.name))
  }
}
