// Three counter nodes as processes with callers that never stop: what tests of bad disks share.
import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOPosix
import PeerTransport
import Synchronization
import Testing

/// A cluster under load. Every acknowledged increment is counted, and must be there once at the end.
final class DiskFaultCluster: Sendable {
  let local: LocalCluster
  private let system: ClusterSystem
  private let processes: [NodeID: Process]
  private let counts = Mutex<[String: Int]>([:])
  private let isClosed = Mutex(false)
  private static let counters = (0..<24).map { "d\($0)" }

  /// The node whose disk is to be bad.
  var victim: NodeID { NodeID(rawValue: "north") }

  /// - Parameter smallDisk: the victim's data is on a file system of its own with few megabytes.
  static func run(smallDisk: Bool = false, _ body: (DiskFaultCluster) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let local = try LocalCluster(makingIn: directory, nodes: ["north", "south", "west"])
    let data = local.dataDirectory(of: NodeID(rawValue: "north"))
    if smallDisk {
      try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
      try #require(SmallDisk.mount(at: data, megabytes: 32))
      try local.setReserve(bytes: 2 << 20)
    }
    defer { if smallDisk { SmallDisk.unmount(data) } }
    let cluster = try DiskFaultCluster(local)
    defer { cluster.kill() }
    try await cluster.system.start()
    let callers = (0..<8).map { number in Task { try await cluster.call(from: number) } }
    let result: Result<Void, any Error>
    do {
      try await body(cluster)
      result = .success(())
    } catch {
      result = .failure(error)
      for node in local.nodes { print("\(node):\n\(cluster.log(of: node).suffix(3_000))") }
    }
    // Not cancelled: a call that is given up may have had its effect all the same.
    cluster.isClosed.withLock { $0 = true }
    for caller in callers { try await caller.value }
    try await cluster.readAll(isExact: true)
    await cluster.system.stop()
    try result.get()
  }

  private init(_ local: LocalCluster) throws {
    self.local = local
    var logger = Logger(label: "client")
    logger.logLevel = .critical
    system = try ClusterSystem(
      configuration: local.clientConfiguration(NodeID(rawValue: "client"), incarnation: 1),
      types: DurableTypes([]), store: nil, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
      onStoreFailure: { _ in })
    var processes: [NodeID: Process] = [:]
    for node in local.nodes {
      let process = Process()
      process.executableURL = try BuiltExecutable.find("counter-node")
      process.arguments = [node.rawValue, local.directory]
      let log = "\(local.directory)/\(node.rawValue).log"
      try Data().write(to: URL(fileURLWithPath: log))
      process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
      try process.run()
      processes[node] = process
    }
    self.processes = processes
  }

  private func kill() {
    for process in processes.values {
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  // MARK: callers

  private func call(from number: Int) async throws {
    var next = number
    while !isClosed.withLock({ $0 }) {
      let counter = Self.counters[next % Self.counters.count]
      next += 5
      try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
        _ = try await system.actor(Counter.self, counter).increment(1)
      }
      counts.withLock { $0[counter, default: 0] += 1 }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  /// Each partition's leader answers, for there are more counters than partitions.
  func readAll(isExact: Bool = false) async throws {
    for counter in Self.counters {
      let acknowledged = counts.withLock { $0[counter] ?? 0 }
      let value = try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(30))) {
        try await system.actor(Counter.self, counter).value(Done())
      }
      if isExact { #expect(value.increments == acknowledged, "\(counter)") }
      #expect(value.increments >= acknowledged, "\(counter)")
    }
  }

  /// Every counter is acknowledged another increment.
  func callersGoOn() async throws {
    let before = counts.withLock { $0 }
    try await waitUntil("callers go on with every counter", within: .seconds(20)) { cluster in
      let now = cluster.counts.withLock { $0 }
      return Self.counters.allSatisfy { now[$0, default: 0] > before[$0, default: 0] }
    }
  }

  // MARK: nodes

  func report(_ node: NodeID) -> NodeReport? { try? local.report(of: node) }

  var allLead: Bool { local.nodes.allSatisfy { (report($0)?.leads ?? 0) > 0 } }

  func isRunning(_ node: NodeID) -> Bool { processes[node]?.isRunning ?? false }

  func exitStatus(of node: NodeID) -> Int32? { processes[node]?.terminationStatus }

  func log(of node: NodeID) -> String {
    (try? String(contentsOfFile: "\(local.directory)/\(node.rawValue).log", encoding: .utf8)) ?? ""
  }

  func waitUntil(
    _ what: Comment, within limit: Duration, _ condition: (DiskFaultCluster) -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition(self) {
      let reports = local.nodes.map { "\($0): \(report($0).map { "\($0)" } ?? "none")" }
      try #require(ContinuousClock.now < deadline, "not within \(limit): \(what); \(reports)")
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
