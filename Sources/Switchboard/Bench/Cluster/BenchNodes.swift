// The node processes of a cluster benchmark: started, waited for, signaled, ended. Touches processes.
internal import ActorCluster
internal import Distributed
internal import Foundation

actor BenchNodes {
  let cluster: BenchCluster
  /// Filled up to, in bytes, for nodes that are started from now on.
  private let memory: Int
  /// What a node's command begins with: for another network namespace.
  private let wrapper: @Sendable (String) -> [String]
  private var processes: [String: ChildProcess] = [:]

  init(
    _ cluster: BenchCluster, memory: Int = 0, wrapper: @escaping @Sendable (String) -> [String] = { _ in [] }
  ) {
    self.cluster = cluster
    self.memory = memory
    self.wrapper = wrapper
  }

  func startAll() async throws {
    for node in BenchCluster.nodes { try start(node) }
    for node in BenchCluster.nodes { try await waitUntilUp(node) }
  }

  func start(_ node: String) throws {
    try? FileManager.default.removeItem(atPath: cluster.watch(of: node))
    let own = ["bench", "peer", "node", cluster.directory, "--node", node, "--memory", "\(memory)"]
    let words = wrapper(node) + [try Self.executable()] + own
    processes[node] = try ChildProcess(
      executable: words[0], arguments: Array(words.dropFirst()), log: cluster.log(of: node))
  }

  /// This very program, wherever it was found.
  private static func executable() throws -> String {
    guard let path = Bundle.main.executablePath else {
      throw BenchFailure("this program does not know its own path")
    }
    return path
  }

  /// Until it listens; whether it leads or follows anything yet is another matter.
  func waitUntilUp(_ node: String) async throws {
    for _ in 0..<400 {
      if FileManager.default.fileExists(atPath: cluster.watch(of: node)) { return }
      guard let process = processes[node], !process.hasEnded else { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    let words = FileManager.default.contents(atPath: cluster.log(of: node)).map {
      String(decoding: $0.suffix(2_000), as: UTF8.self)
    }
    throw BenchFailure("node \(node) does not start: \(words ?? "it said nothing")")
  }

  func pid(of node: String) -> Int32? { processes[node]?.pid }

  func signal(_ node: String, _ signal: Int32) { processes[node]?.signal(signal) }

  /// After a SIGKILL: until the system has taken its memory back.
  func waitUntilEnded(_ node: String) async throws {
    guard let process = processes[node] else { return }
    while !process.hasEnded { try await Task.sleep(for: .milliseconds(2)) }
    processes[node] = nil
  }

  func endAll() {
    for process in processes.values {
      process.signal(SIGKILL)
      while !process.hasEnded { usleep(1_000) }
    }
    processes = [:]
  }

  // MARK: what they have used

  /// Of the three together, since their start.
  func usage() throws -> NodeUsage {
    try processes.values.reduce(into: NodeUsage()) { $0 += try NodeUsage(of: $1.pid) }
  }
}

/// What processes have used, as the kernel counts it.
struct NodeUsage: Equatable, Sendable {
  /// User and system time, seconds. The kernel counts in hundredths.
  var processorSeconds = 0.0
  /// Bytes that went to the disk, as far as the process made pages dirty.
  var diskBytes = 0
  /// Resident memory, bytes.
  var memory = 0

  init() {}

  init(of pid: Int32) throws {
    memory = try ProcessUsage.memory(of: pid)
    diskBytes = try ProcessUsage.diskBytes(of: pid)
    processorSeconds = try ProcessUsage.processorSeconds(of: pid)
  }

  static func += (total: inout NodeUsage, other: NodeUsage) {
    total.processorSeconds += other.processorSeconds
    total.diskBytes += other.diskBytes
    total.memory += other.memory
  }
}
