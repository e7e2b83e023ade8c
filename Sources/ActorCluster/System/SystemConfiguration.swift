// What a cluster system is made of: a value.
public import PeerTransport

/// A node's or a client's place in a cluster.
public struct SystemConfiguration: Sendable {
  public var topology: ClusterTopology
  public var transport: TransportConfiguration
  public var timing: ClusterTiming
  /// When this node's disk is short of room or too slow to lead.
  public var disk = DiskSettings()
  public var retention = RetentionSettings()
  /// The program's version, as other nodes are told.
  public var version = "development"
  /// When this node's clock is too far off for it to lead.
  public var clocks = ClockSettings()
  public var founding = FoundingSettings()
  /// This node keeps only the log. The topology says it too, of a node that is in it.
  public var isWitness = false
  /// Whether the cluster's feature level rises as soon as all nodes know a higher one; else a person says when.
  public var raisesLevel = false
  /// Calls under way at once; more are refused as `overloaded` (promise P6).
  public var maximumCalls: Int
  /// Bytes of calls that each peer may have under way here at once.
  public var callWindowBytes = 16 << 20

  public init(
    topology: ClusterTopology, transport: TransportConfiguration, timing: ClusterTiming = ClusterTiming(),
    maximumCalls: Int = 100_000
  ) {
    self.topology = topology
    self.transport = transport
    self.timing = timing
    self.maximumCalls = maximumCalls
  }
}
