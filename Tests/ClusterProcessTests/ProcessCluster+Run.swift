// The frame of a test with counter nodes: a client, callers, and at the end the check of what they were told.
import ActorCluster
import ClusterTestKit
import Foundation
import PeerTransport
import Testing

extension ProcessCluster {
  /// What the nodes of a test are, and who calls them.
  struct Setup {
    var nodes = ["north", "south", "west"]
    /// So many of them, the first ones, found the cluster; the test starts the others. Nil: all.
    var founders: Int?
    var partitions: UInt32 = 16
    var witnesses: [String] = []
    /// Whether callers go on all the time; else only what the test adds is counted.
    var isLoaded = true
    /// The first node's data is on a file system of its own with so many megabytes.
    var smallDisk: Int?
    /// Of the nodes' environments.
    var variables: (NodeID) -> [String: String] = { _ in [:] }
  }

  /// Starts a cluster, and ends it after `body`. What was acknowledged must be there once then; the nodes that are left must
  /// be enough for that. When something fails, the ends of all logs are printed.
  static func run(
    _ setup: Setup = Setup(), _ body: (ProcessCluster, CountingCallers) async throws -> Void
  ) async throws {
    let cluster = try ProcessCluster(
      setup.nodes, founders: setup.founders.map { Array(setup.nodes.prefix($0)) },
      partitions: setup.partitions, witnesses: setup.witnesses)
    defer { cluster.remove() }
    let data = cluster.data(of: NodeID(rawValue: setup.nodes[0])).path
    if let megabytes = setup.smallDisk {
      try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
      try #require(SmallDisk.mount(at: data, megabytes: megabytes))
      try cluster.local.setReserve(bytes: 2 << 20)
    }
    defer {
      if setup.smallDisk != nil {
        for node in cluster.nodes { cluster.kill(node) }
        SmallDisk.unmount(data)
      }
    }
    try cluster.startAll(setup.variables)
    let system = try await cluster.client()
    let callers = CountingCallers(system, counters: 24)
    if setup.isLoaded { callers.start(8, pause: .milliseconds(2)) }
    do {
      try await body(cluster, callers)
      try await callers.stop()
      try await callers.check()
    } catch {
      for node in cluster.nodes { print("\(node):\n\(cluster.log(of: node).suffix(4_000))") }
      await system.stop()
      try? await callers.stop()
      throw error
    }
    await system.stop()
  }
}
