// Counter nodes as processes on loopback, which a test starts, kills and looks at.
import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOPosix
import PeerTransport
import Switchboard
import Synchronization
import Testing

/// One test's nodes. `run` makes them, with a client and callers, and checks at the end what was acknowledged.
final class ProcessCluster: Sendable {
  private struct Started {
    var process: Process
    /// How often the node was started.
    var count: Int
  }

  let local: LocalCluster
  /// Where each node has a cable of its own; nil: all are on loopback.
  private let network: BenchNetwork?
  private let started = Mutex<[NodeID: Started]>([:])

  /// - Parameter founders: those that found the cluster; the others are started by the test, and join. Nil: all.
  init(
    _ nodes: [String] = ["north", "south", "west"], founders: [String]? = nil, partitions: UInt32 = 16,
    witnesses: [String] = []
  ) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("nodes-\(UUID())").path
    local = try LocalCluster(
      makingIn: directory, nodes: nodes, founders: founders, partitionCount: partitions,
      witnesses: witnesses)
    network = nil
  }

  /// Three nodes whose cables can be cut.
  init(on network: BenchNetwork) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("nodes-\(UUID())").path
    let nodes = ["north", "south", "west"]
    var local = try LocalCluster(makingIn: directory, nodes: nodes)
    try local.place(on: Dictionary(uniqueKeysWithValues: zip(nodes, network.hosts)))
    self.local = local
    self.network = network
  }

  var nodes: [NodeID] { local.nodes }

  /// Where the node's data is.
  func data(of node: NodeID) -> URL { URL(fileURLWithPath: local.dataDirectory(of: node)) }

  // MARK: processes

  /// - Parameters:
  ///   - executable: the version that it is.
  ///   - variables: of its environment, besides the test's own.
  func start(
    _ node: NodeID, executable: String = "counter-node", variables: [String: String] = [:]
  ) throws {
    let count = (started.withLock { $0[node]?.count } ?? 0) + 1
    let log = logPath(node, count)
    try Data().write(to: URL(fileURLWithPath: log))
    local.forgetReport(of: node)
    let process = Process()
    let command =
      (network?.wrapper(of: node.rawValue) ?? [])
      + [try BuiltExecutable.find(executable).path, node.rawValue, local.directory]
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try process.run()
    started.withLock { $0[node] = Started(process: process, count: count) }
  }

  func startAll(_ variables: (NodeID) -> [String: String] = { _ in [:] }) throws {
    for node in local.topology.nodes { try start(node, variables: variables(node)) }
  }

  /// How often the node was started.
  func starts(of node: NodeID) -> Int { started.withLock { $0[node]?.count ?? 0 } }

  /// As `kill -9` does it; returns when the process is gone.
  func kill(_ node: NodeID) {
    guard let process = started.withLock({ $0[node]?.process }) else { return }
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Asks the node to end, and waits until it has.
  /// - Returns: the exit status; nil if it had to be killed.
  func terminate(_ node: NodeID, within limit: Duration = .seconds(20)) async throws -> Int32? {
    guard let process = started.withLock({ $0[node]?.process }) else { return nil }
    process.terminate()
    let deadline = ContinuousClock.now + limit
    while process.isRunning {
      guard ContinuousClock.now < deadline else {
        kill(node)
        return nil
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    return process.terminationStatus
  }

  func isRunning(_ node: NodeID) -> Bool { started.withLock { $0[node]?.process.isRunning } ?? false }

  func processIdentifier(of node: NodeID) -> Int32? {
    started.withLock { $0[node]?.process.processIdentifier }
  }

  /// Of a node that has ended.
  func exitStatus(of node: NodeID) -> Int32? { started.withLock { $0[node]?.process.terminationStatus } }

  /// Ends everything and removes the files.
  func remove() {
    for node in nodes { kill(node) }
    try? FileManager.default.removeItem(atPath: local.directory)
  }

  /// A client of the whole cluster.
  /// - Parameter backoff: what it waits between attempts to connect; nil for what is usual.
  func client(incarnation: UInt64 = 1, backoff: Duration? = nil) async throws -> ClusterSystem {
    var configuration = local.clientConfiguration(NodeID(rawValue: "client"), incarnation: incarnation)
    if let backoff {
      configuration.transport.timing.minimumBackoff = backoff
      configuration.transport.timing.maximumBackoff = backoff
    }
    var logger = Logger(label: "client")
    logger.logLevel = .critical
    let system = try ClusterSystem(
      configuration: configuration, types: DurableTypes([]), store: nil,
      group: MultiThreadedEventLoopGroup.singleton, logger: logger, onStoreFailure: { _ in })
    try await system.start()
    return system
  }

  // MARK: what is seen of them

  func report(_ node: NodeID) -> NodeReport? { try? local.report(of: node) }

  var allLead: Bool { nodes.allSatisfy { (report($0)?.leads ?? 0) > 0 } }

  /// Whether the node votes in every partition, and leads some.
  func isWhole(_ node: NodeID) -> Bool {
    report(node).map { $0.votes == Int(local.partitionCount) && $0.leads > 0 } ?? false
  }

  /// What the node's latest process has logged.
  func log(of node: NodeID) -> String {
    let count = started.withLock { $0[node]?.count } ?? 0
    return (try? String(contentsOfFile: logPath(node, count), encoding: .utf8)) ?? ""
  }

  /// What all its processes have logged.
  func logs(of node: NodeID) -> String {
    let count = started.withLock { $0[node]?.count } ?? 0
    return (0..<count).compactMap { try? String(contentsOfFile: logPath(node, $0 + 1), encoding: .utf8) }
      .joined()
  }

  private func logPath(_ node: NodeID, _ count: Int) -> String { "\(local.directory)/\(node).\(count).log" }

  func waitForLog(
    of node: NodeID, _ words: String, within limit: Duration = .seconds(60),
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await waitUntil(
      "\(node) says \"\(words)\"", within: limit, sourceLocation: sourceLocation
    ) { $0.log(of: node).contains(words) }
  }

  func waitUntil(
    _ what: Comment, within limit: Duration, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: (ProcessCluster) -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition(self) {
      try #require(
        ContinuousClock.now < deadline, "not within \(limit): \(what); \(reports)",
        sourceLocation: sourceLocation)
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private var reports: [String] {
    nodes.map { node in
      "\(node)\(isRunning(node) ? "" : " (ended)"): \(report(node).map { "\($0)" } ?? "no report")"
    }
  }
}
