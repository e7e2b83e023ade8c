// Three real processes, real sockets, real disks, real SIGKILL.
import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOPosix
import PeerTransport
import Synchronization
import Testing

@Suite(.serialized) struct KilledNodesTests {
  @Test(.timeLimit(.minutes(5)))
  func everyAcknowledgedIncrementIsThereOnce() async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("counter-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let cluster = try LocalCluster(makingIn: directory, nodes: ["north", "south", "west"])
    var processes: [NodeID: Process] = [:]
    for node in cluster.nodes { processes[node] = try start(node, of: cluster) }
    defer { for process in processes.values { kill(process.processIdentifier, SIGKILL) } }

    let client = NodeID(rawValue: "client")
    var logger = Logger(label: "client")
    logger.logLevel = .error
    let system = try ClusterSystem(
      configuration: cluster.clientConfiguration(client, incarnation: 1),
      types: DurableTypes([]), store: nil, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
      onStoreFailure: { _ in })
    try await system.start()
    let counters = (0..<8).map { "c\($0)" }

    // Callers go on while each node is killed and started again.
    let tally = Tally()
    let callers = (0..<16).map { number in
      Task {
        while !tally.isClosed {
          let counter = counters[(number + tally.count) % counters.count]
          try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
            _ = try await system.actor(Counter.self, counter).increment(1)
          }
          tally.add(counter)
        }
      }
    }
    try await waitUntil { tally.count > 200 }
    for node in cluster.nodes {
      let process = try #require(processes[node])
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let before = tally.count
      try await waitUntil { tally.count > before + 200 }
      processes[node] = try start(node, of: cluster)
      let after = tally.count
      try await waitUntil { tally.count > after + 200 }
    }
    // Not cancelled: a call that is given up may have had its effect all the same.
    tally.close()
    for caller in callers { try await caller.value }

    for counter in counters {
      let value = try await system.actor(Counter.self, counter).value(Done())
      #expect(value.increments == tally.count(of: counter), "\(counter)")
      #expect(value.value == tally.count(of: counter), "\(counter)")
    }
    await system.stop()
  }

  /// A client with a long pause between attempts to dial, connected to one node of three: the others have started again,
  /// and lead partitions. Each call must get through all the same.
  @Test(.timeLimit(.minutes(5)))
  func aNamedLeaderIsDialedAtOnce() async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("redial-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let cluster = try LocalCluster(makingIn: directory, nodes: ["north", "south", "west"])
    var processes: [NodeID: Process] = [:]
    for node in cluster.nodes { processes[node] = try start(node, of: cluster) }
    defer { for process in processes.values { kill(process.processIdentifier, SIGKILL) } }

    let usual = try client(of: cluster, backoff: nil)
    try await usual.start()
    try await addOneToEach(usual, within: .seconds(60))
    let slow = try client(of: cluster, backoff: .seconds(120))
    try await slow.start()
    try await addOneToEach(slow, within: .seconds(60))
    for node in cluster.nodes.prefix(2) {
      let process = try #require(processes[node])
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      processes[node] = try start(node, of: cluster)
      try await addOneToEach(usual, within: .seconds(60))
    }
    // Without a redial it takes at least a minute until the client sees one of the two again.
    try await addOneToEach(slow, within: .seconds(20))
    await usual.stop()
    await slow.stop()
  }

  /// Enough counters for every partition and so for every leader.
  private func addOneToEach(_ system: ClusterSystem, within limit: Duration) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for number in 0..<64 {
        tasks.addTask {
          try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: limit)) {
            _ = try await system.actor(Counter.self, "r\(number)").increment(1)
          }
        }
      }
      try await tasks.waitForAll()
    }
  }

  private func client(of cluster: LocalCluster, backoff: Duration?) throws -> ClusterSystem {
    var configuration = cluster.clientConfiguration(
      NodeID(rawValue: "client"), incarnation: backoff == nil ? 1 : 2)
    if let backoff {
      configuration.transport.timing.minimumBackoff = backoff
      configuration.transport.timing.maximumBackoff = backoff
    }
    var logger = Logger(label: "client")
    logger.logLevel = .critical
    return try ClusterSystem(
      configuration: configuration, types: DurableTypes([]), store: nil,
      group: MultiThreadedEventLoopGroup.singleton, logger: logger, onStoreFailure: { _ in })
  }

  private func start(_ node: NodeID, of cluster: LocalCluster) throws -> Process {
    let process = Process()
    process.executableURL = try BuiltExecutable.find("counter-node")
    process.arguments = [node.rawValue, cluster.directory]
    process.standardError = try FileHandle(
      forWritingTo: try logFile("\(cluster.directory)/\(node.rawValue).log"))
    try process.run()
    return process
  }

  private func logFile(_ path: String) throws -> URL {
    if !FileManager.default.fileExists(atPath: path) {
      try Data().write(to: URL(fileURLWithPath: path))
    }
    return URL(fileURLWithPath: path)
  }

  private func waitUntil(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(40)
    while !condition() {
      try #require(ContinuousClock.now < deadline, "nothing went on for 40 s")
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

/// Acknowledged increments, by counter.
private final class Tally: Sendable {
  private let counts = Mutex<[String: Int]>([:])
  private let closed = Mutex(false)

  var isClosed: Bool { closed.withLock { $0 } }
  func close() { closed.withLock { $0 = true } }

  var count: Int { counts.withLock { $0.values.reduce(0, +) } }
  func add(_ counter: String) { counts.withLock { $0[counter, default: 0] += 1 } }
  func count(of counter: String) -> Int { counts.withLock { $0[counter] ?? 0 } }
}
