// What a cluster node is told at its start: values.
package import NodeStore
public import PeerTransport

/// What a cluster begins with. Who belongs to it afterwards is in its own state (`ClusterState`).
public struct ClusterTopology: Equatable, Sendable {
  public let name: String
  /// The nodes that found it, each with a replica of every partition; none on a node that joins a cluster that is there.
  public let nodes: [NodeID]
  /// Those of `nodes` that keep only the log: they vote and run no actors. Sorted; see `ClusterTopology+Witnesses`.
  public let witnesses: [NodeID]
  public let placement: Placement

  /// - Parameters:
  ///   - partitionCount: chosen when the cluster is created; never changes.
  ///   - witnesses: some of `nodes`; others are left out.
  public init(name: String, nodes: [NodeID], partitionCount: UInt32, witnesses: [NodeID] = []) {
    self.name = name
    self.nodes = nodes.sorted()
    self.witnesses = Set(witnesses).intersection(nodes).sorted()
    placement = Placement(partitionCount: partitionCount)
  }

  /// What the data directories of the founders say that they belong to.
  public var fingerprint: String {
    let names = nodes.map { witnesses.contains($0) ? "\($0) (witness)" : $0.rawValue }
    return "\(placement.partitionCount) partitions on \(names.joined(separator: ", "))"
  }

  /// The nodes in a fingerprint, in their order; nil of a text that is none, or of one without nodes.
  package static func founders(in fingerprint: String) -> [NodeID]? {
    members(in: fingerprint).map { $0.map(\.name) }
  }

  /// Those of them that keep only the log.
  package static func witnesses(in fingerprint: String) -> [NodeID] {
    (members(in: fingerprint) ?? []).filter(\.isWitness).map(\.name)
  }

  private static let witnessMark = " (witness)"

  private static func members(in fingerprint: String) -> [(name: NodeID, isWitness: Bool)]? {
    guard let range = fingerprint.firstRange(of: " partitions on ") else { return nil }
    let members = fingerprint[range.upperBound...].split(separator: ", ").compactMap { text in
      let isWitness = text.hasSuffix(witnessMark)
      return NodeID(validating: String(isWitness ? text.dropLast(witnessMark.count) : text)).map {
        (name: $0, isWitness: isWitness)
      }
    }
    return members.isEmpty ? nil : members
  }

  /// The node that leads a partition when all are well: leaders are spread evenly over those that run actors.
  package func preferredLeader(of partition: PartitionID) -> NodeID? {
    let nodes = dataNodes
    return nodes.isEmpty ? nil : nodes[Int(partition.rawValue) % nodes.count]
  }
}

/// What a cluster agrees upon when it is founded, besides its nodes. Says nothing afterwards.
public struct FoundingSettings: Equatable, Sendable {
  /// So many nodes vote in each partition, if there are as many; nil: all founders, or one less of an even number, and at
  /// least three once there are as many nodes.
  public var voters: Int?
  public var copies = ClusterState.Copies.everywhere
  /// The addresses of the nodes' APIs, and the sites that they are on.
  public var apis: [NodeID: String] = [:]
  public var sites: [NodeID: String] = [:]

  public init() {}
}

/// Timing of a node. LAN and WAN presets differ in nothing else.
public struct ClusterTiming: Equatable, Sendable {
  public var tickMilliseconds: Int64 = 20
  /// A leader that hangs or is cut off is missed after once to twice so many ticks.
  public var electionTicks = 20
  public var heartbeatTicks = 5
  /// How long a call waits at one node before it asks another.
  public var attemptMilliseconds: Int64 = 1_500
  /// How long a node must be up before leaderships that it should have are handed to it.
  public var settleMilliseconds: Int64 = 3_000

  public init() {}
}
