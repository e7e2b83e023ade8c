// A cluster node with nothing but counters and registers, as a process of its own: for tests that kill it.
public import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOPosix
import NodeStore
import PeerTransport

/// Its executables differ in the actors that they serve.
public struct CounterNode {
  /// `counter-node NAME CLUSTER-DIRECTORY`, where the directory holds what `LocalCluster` wrote. Runs until killed; SIGTERM drains it
  /// first, and then it ends.
  public static func main(serving types: DurableTypes) async throws {
    guard CommandLine.arguments.count == 3, let node = NodeID(validating: CommandLine.arguments[1]) else {
      FileHandle.standardError.write(Data("usage: counter-node NAME CLUSTER-DIRECTORY\n".utf8))
      exit(2)
    }
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    let cluster = try LocalCluster(directory: CommandLine.arguments[2])
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    signal(SIGTERM, SIG_IGN)
    // Each time around the files that turned out to be lost are set aside.
    while true { try await run(node, of: cluster, types, group) }
  }

  /// Until the disk turns out to be lost.
  private static func run(
    _ node: NodeID, of cluster: LocalCluster, _ types: DurableTypes, _ group: MultiThreadedEventLoopGroup
  ) async throws {
    let logger = Logger(label: node.rawValue)
    let faults = FaultSwitch()
    if let wanted = try cluster.faults(of: node) { faults.set(wanted) }
    if let words = try NodeStore.removal(directory: cluster.dataDirectory(of: node)) {
      FileHandle.standardError.write(Data("\(words)\n".utf8))
      exit(3)
    }
    if cluster.joins(node) { try NodeStore.prepareToJoin(directory: cluster.dataDirectory(of: node)) }
    let store = try NodeStore.start(
      directory: cluster.dataDirectory(of: node),
      identity: StoreIdentity(cluster: cluster.name, node: node.rawValue), readModels: [],
      isAlone: cluster.nodes.count == 1, faults: faults.storeFaults,
      beforeSettingAside: { store in
        Divergence.write(store) { logger.error("data directory", metadata: ["note": "\($0)"]) }
      }, report: { logger.warning("data directory", metadata: ["note": "\($0)"]) })
    let (lost, isLost) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
    var configuration = cluster.configuration(of: node, incarnation: store.incarnation)
    configuration.disk = try cluster.diskSettings()
    let system = try ClusterSystem(
      configuration: configuration,
      types: types, store: store, group: group,
      clock: ClusterClock.system.shifted(by: faults), logger: logger,
      onLostDisk: { isLost.yield($0) },
      onStoreFailure: { error in
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(5)
      })
    try await system.start()
    let reporter = Task {
      while true {
        if let wanted = try cluster.faults(of: node) { faults.set(wanted) }
        if let order = try cluster.takeOrder(of: node) {
          Task { try await carryOut(order, node, of: cluster, system) }
        }
        try await cluster.write(
          NodeReport(
            level: system.disk()?.level ?? .well, partitions: system.partitions(),
            members: system.membership()), of: node)
        try await Task.sleep(for: .milliseconds(200))
      }
    }
    let terminated = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
    terminated.setEventHandler { isLost.yield(asked) }
    terminated.resume()
    let reason = await lost.first { _ in true }
    reporter.cancel()
    if reason == asked { _ = await system.drain(within: .seconds(8)) }
    terminated.cancel()
    await system.stop()
    store.close()
    if reason == asked { exit(0) }
  }

  private static let asked = "it was asked to end"
  private static func carryOut(
    _ order: ClusterOrder, _ node: NodeID, of cluster: LocalCluster, _ system: ClusterSystem
  ) async throws {
    do {
      try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(20))) {
        switch order {
        case .add(let addition): try await system.add(addition)
        case .remove(let name, let leavesFewer): try await system.remove(name, leavesFewer: leavesFewer)
        }
      }
      try cluster.writeOutcome("done", of: node)
    } catch {
      try cluster.writeOutcome("\(error)", of: node)
    }
  }
}
