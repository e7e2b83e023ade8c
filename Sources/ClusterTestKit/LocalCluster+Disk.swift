// Files beside a test cluster: by them a test breaks the disk of a running node, and sees what the node makes of it.
public import ActorCluster
import Foundation
public import NodeStore
public import PeerTransport

/// What a node of a test cluster says of itself, several times a second.
public struct NodeReport: Codable, Equatable, Sendable {
  public var level: DiskLevel
  /// The terms of all its replicas, added up: they say how often leaders changed.
  public var terms: UInt64
  /// The last entries that its replicas have applied, added up.
  public var applied: UInt64
  /// Partitions that it leads and serves.
  public var leads: Int
  /// Partitions in which it votes, with a state that is as good as up to date, and knows a leader.
  public var votes: Int
  /// Partitions of which it has a replica.
  public var holds: Int
  /// The cluster as it knows it.
  public var members: MembershipReport?
  /// Partitions in which it is a witness.
  public var witnesses: Int

  public init(level: DiskLevel, partitions: [PartitionStatus], members: MembershipReport? = nil) {
    self.level = level
    self.members = members
    holds = partitions.count { $0.replica != nil }
    leads = partitions.count { $0.isServing }
    witnesses = partitions.count { $0.isWitness }
    votes = partitions.count { partition in
      guard let replica = partition.replica, partition.health == "running", partition.leader != nil else {
        return false
      }
      return partition.voters?.contains(replica) == true
        && (partition.isWitness || partition.appliedIndex + 1_024 >= partition.commitIndex)
    }
    terms = partitions.reduce(0) { $0 + $1.term }
    applied = partitions.reduce(0) { $0 + $1.appliedIndex }
  }
}

/// A change of the cluster's members.
public enum ClusterOrder: Codable, Sendable {
  case add(NodeAddition)
  case remove(String, leavesFewer: Bool)
}

extension LocalCluster {
  /// Takes the place of the faults that a running node had before, within a moment.
  public func set(_ faults: InjectedFaults, of node: NodeID) throws {
    try write(JSONEncoder().encode(faults), to: "\(node.rawValue).faults.json")
  }

  /// Nil while nobody has set any.
  public func faults(of node: NodeID) throws -> InjectedFaults? {
    try read(InjectedFaults.self, "\(node.rawValue).faults.json")
  }

  public func write(_ report: NodeReport, of node: NodeID) throws {
    try write(JSONEncoder().encode(report), to: "\(node.rawValue).report.json")
  }

  /// What a node said last; nil before it has.
  public func report(of node: NodeID) throws -> NodeReport? {
    try read(NodeReport.self, "\(node.rawValue).report.json")
  }

  /// Before a node is started again: what it said is not what it is.
  public func forgetReport(of node: NodeID) {
    try? FileManager.default.removeItem(atPath: "\(directory)/\(node.rawValue).report.json")
  }

  /// Has a running node change the cluster; what comes of it is in `outcome`.
  public func order(_ order: ClusterOrder, of node: NodeID) throws {
    try? FileManager.default.removeItem(atPath: "\(directory)/\(node.rawValue).outcome.json")
    try write(JSONEncoder().encode(order), to: "\(node.rawValue).order.json")
  }

  /// What the node is to do, once.
  public func takeOrder(of node: NodeID) throws -> ClusterOrder? {
    let name = "\(node.rawValue).order.json"
    guard let order = try read(ClusterOrder.self, name) else { return nil }
    try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    return order
  }

  public func writeOutcome(_ words: String, of node: NodeID) throws {
    try write(JSONEncoder().encode(words), to: "\(node.rawValue).outcome.json")
  }

  /// "done", or why not; nil until then.
  public func outcome(of node: NodeID) throws -> String? {
    try read(String.self, "\(node.rawValue).outcome.json")
  }

  /// For nodes that are started afterwards.
  public func setReserve(bytes: UInt64) throws {
    try write(JSONEncoder().encode(bytes), to: "reserve.json")
  }

  public func diskSettings() throws -> DiskSettings {
    var settings = DiskSettings()
    if let bytes = try read(UInt64.self, "reserve.json") {
      settings.reserveBytes = bytes
      settings.lowBytes = 2 * bytes
    }
    return settings
  }

  /// At once: a reader sees the file before or after.
  private func write(_ data: Data, to name: String) throws {
    try data.write(to: URL(fileURLWithPath: "\(directory)/\(name)"), options: .atomic)
  }

  private func read<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value? {
    let path = "\(directory)/\(name)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
