// Files beside a test cluster: by them a test breaks the disk of a running node, and sees what the node makes of it.
public import ActorCluster
import Foundation
public import NodeStore
public import PeerTransport

/// What a node of a test cluster says of itself, several times a second.
public struct NodeReport: Codable, Equatable, Sendable {
  public var level: DiskLevel
  /// Partitions that it leads and serves.
  public var leads: Int

  public init(level: DiskLevel, leads: Int) {
    self.level = level
    self.leads = leads
  }
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
