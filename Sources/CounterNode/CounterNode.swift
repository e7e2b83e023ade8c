// A cluster node with nothing but counters and registers, as a process of its own: for tests that kill it.
import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOPosix
import NodeStore
import PeerTransport

@main
struct CounterNode {
  /// `counter-node NAME CLUSTER-DIRECTORY`, where the directory holds what `LocalCluster` wrote. Runs until killed.
  static func main() async throws {
    guard CommandLine.arguments.count == 3, let node = NodeID(validating: CommandLine.arguments[1]) else {
      FileHandle.standardError.write(Data("usage: counter-node NAME CLUSTER-DIRECTORY\n".utf8))
      exit(2)
    }
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    let cluster = try LocalCluster(directory: CommandLine.arguments[2])
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let store = try NodeStore.open(
      directory: cluster.dataDirectory(of: node),
      identity: StoreIdentity(cluster: cluster.name, node: node.rawValue), readModels: [])
    let system = try ClusterSystem(
      configuration: cluster.configuration(of: node, incarnation: store.incarnation),
      types: DurableTypes([Counter.self, Register.self]), store: store, group: group,
      logger: Logger(label: node.rawValue),
      onStoreFailure: { error in
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(5)
      })
    try await system.start()
    while true { try await Task.sleep(for: .seconds(3_600)) }
  }
}
