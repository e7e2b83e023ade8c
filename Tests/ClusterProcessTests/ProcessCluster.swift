// A cluster of counter nodes as processes, which a test kills and whose disks it spoils.
import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOPosix
import PeerTransport
import Testing

/// One test's cluster with a client that counts what was acknowledged.
final class ProcessCluster {
  let cluster: LocalCluster
  private let system: ClusterSystem
  private var processes: [NodeID: Process] = [:]
  private var starts: [NodeID: Int] = [:]
  /// Acknowledged increments, by counter.
  private var acknowledged: [String: Int] = [:]

  init(nodes: [String] = ["north", "south", "west"], partitions: UInt32 = 4) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("disks-\(UUID())").path
    cluster = try LocalCluster(makingIn: directory, nodes: nodes, partitionCount: partitions)
    var logger = Logger(label: "client")
    logger.logLevel = .error
    system = try ClusterSystem(
      configuration: cluster.clientConfiguration(NodeID(rawValue: "client"), incarnation: 1),
      types: DurableTypes([]), store: nil, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
      onStoreFailure: { _ in })
  }

  deinit {
    for process in processes.values { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(atPath: cluster.directory)
  }

  func startAll() async throws {
    for node in cluster.nodes { try start(node) }
    try await system.start()
  }

  func stop() async { await system.stop() }

  func start(_ node: NodeID) throws {
    let number = (starts[node] ?? 0) + 1
    starts[node] = number
    let log = logPath(node, number)
    try Data().write(to: URL(fileURLWithPath: log))
    let process = Process()
    process.executableURL = try BuiltExecutable.find("counter-node")
    process.arguments = [node.rawValue, cluster.directory]
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try process.run()
    processes[node] = process
  }

  func kill9(_ node: NodeID) throws {
    let process = try #require(processes[node])
    processes[node] = nil
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func data(of node: NodeID) -> URL { URL(fileURLWithPath: cluster.dataDirectory(of: node)) }

  /// What the node's latest process has logged.
  func log(of node: NodeID) -> String {
    let text = try? String(contentsOfFile: logPath(node, starts[node] ?? 0), encoding: .utf8)
    return text ?? ""
  }

  private func logPath(_ node: NodeID, _ number: Int) -> String {
    "\(cluster.directory)/\(node).\(number).log"
  }

  func waitForLog(
    of node: NodeID, _ words: String, within limit: Duration = .seconds(60),
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while !log(of: node).contains(words) {
      try #require(
        ContinuousClock.now < deadline, "\(node) never said \"\(words)\": \(log(of: node).suffix(4_000))",
        sourceLocation: sourceLocation)
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Adds to counters in all partitions; returns when everything is acknowledged.
  func increment(rounds: Int = 5) async throws {
    let counters = (0..<16).map { "c\($0)" }
    for _ in 0..<rounds {
      try await withThrowingTaskGroup(of: String.self) { tasks in
        for counter in counters {
          tasks.addTask { [system] in
            try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
              _ = try await system.actor(Counter.self, counter).increment(1)
            }
            return counter
          }
        }
        for try await counter in tasks { acknowledged[counter, default: 0] += 1 }
      }
    }
  }

  /// Everything acknowledged is there, once.
  func checkCounters() async throws {
    for (counter, count) in acknowledged.sorted(by: { $0.key < $1.key }) {
      let value = try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
        try await system.actor(Counter.self, counter).value(Done())
      }
      #expect(value.increments == count && value.value == count, "\(counter): \(value)")
    }
  }
}
