// Processes of a test cluster, a client of theirs, and callers that count what they were told.
import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOPosix
import PeerTransport
import Synchronization
import Testing

/// Real `counter-node` processes on loopback. One test at a time uses it.
final class CounterCluster {
  let cluster: LocalCluster
  private var processes: [NodeID: Process] = [:]

  init(_ nodes: [String], partitionCount: UInt32 = 16) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("counters-\(UUID())").path
    cluster = try LocalCluster(makingIn: directory, nodes: nodes, partitionCount: partitionCount)
  }

  /// Ends everything and removes the files.
  func remove() {
    for node in cluster.nodes { kill(node) }
    try? FileManager.default.removeItem(atPath: cluster.directory)
  }

  func start(_ node: NodeID, environment: [String: String] = [:]) throws {
    let log = "\(cluster.directory)/\(node.rawValue).log"
    if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(fileURLWithPath: log)) }
    let process = Process()
    process.executableURL = try BuiltExecutable.find("counter-node")
    process.arguments = [node.rawValue, cluster.directory]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try output.seekToEnd()
    process.standardError = output
    try process.run()
    processes[node] = process
  }

  func startAll() throws {
    for node in cluster.nodes { try start(node) }
  }

  /// As `kill -9` does it; returns when the process is gone.
  func kill(_ node: NodeID) {
    guard let process = processes.removeValue(forKey: node) else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func isRunning(_ node: NodeID) -> Bool { processes[node]?.isRunning ?? false }

  /// What the node has written to its log so far.
  func log(of node: NodeID) -> String {
    (try? String(contentsOfFile: "\(cluster.directory)/\(node.rawValue).log", encoding: .utf8)) ?? ""
  }

  /// A client of the whole cluster.
  func client() async throws -> ClusterSystem {
    var logger = Logger(label: "client")
    logger.logLevel = .critical
    let system = try ClusterSystem(
      configuration: cluster.clientConfiguration(NodeID(rawValue: "client"), incarnation: 1),
      types: DurableTypes([]), store: nil, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
      onStoreFailure: { _ in })
    try await system.start()
    return system
  }
}

/// Callers that add one at a time to a counter of their own, retry until they are told, and count.
final class CountingCallers: Sendable {
  let counters: [String]
  private let system: ClusterSystem
  private let told: Mutex<[String: Int]>
  private let closed = Mutex(false)
  private let tasks = Mutex<[Task<Void, any Error>]>([])

  init(_ system: ClusterSystem, count: Int) {
    self.system = system
    counters = (0..<count).map { "c\($0)" }
    told = Mutex(Dictionary(uniqueKeysWithValues: counters.map { ($0, 0) }))
  }

  func start() {
    tasks.withLock { tasks in
      tasks = counters.map { counter in
        Task { [self] in
          while !closed.withLock({ $0 }) {
            try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(90))) {
              _ = try await system.actor(Counter.self, counter).increment(1)
            }
            told.withLock { $0[counter, default: 0] += 1 }
          }
        }
      }
    }
  }

  /// How often each was told that its addition is done.
  var acknowledged: [String: Int] { told.withLock { $0 } }
  var total: Int { acknowledged.values.reduce(0, +) }

  /// Never by cancellation: a call that is given up may have had its effect all the same.
  func stop() async throws {
    closed.withLock { $0 = true }
    for task in tasks.withLock({ $0 }) { try await task.value }
  }

  func value(of counter: String) async throws -> Int {
    try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
      try await system.actor(Counter.self, counter).value(Done()).increments
    }
  }

  /// Counters that have less than was acknowledged before.
  func lost(of before: [String: Int]) async throws -> [String] {
    var lost: [String] = []
    for counter in counters {
      let value = try await value(of: counter)
      if value < before[counter, default: 0] {
        lost.append("\(counter): \(value) of \(before[counter, default: 0])")
      }
    }
    return lost
  }

  /// Until so many more are acknowledged.
  func waitForMore(_ count: Int, within seconds: Int = 60) async throws {
    let target = total + count
    let deadline = ContinuousClock.now + .seconds(seconds)
    while total < target {
      try #require(ContinuousClock.now < deadline, "\(total) of \(target) additions after \(seconds) s")
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
