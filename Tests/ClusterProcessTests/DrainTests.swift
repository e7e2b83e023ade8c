// Nodes that are drained, stopped and started in turn under load: nobody is refused, and nothing is lost.
import ActorCluster
import ClusterTestKit
import Foundation
import PeerTransport
import Synchronization
import Testing

/// Callers that count every refusal, before any retry of their own, and how long each counter was without an acknowledgment.
final class WatchfulCallers: Sendable {
  private struct Seen: Sendable {
    var acknowledged = 0
    var refusals: [String] = []
    var pauses: [Double] = []
  }

  private let system: ClusterSystem
  private let prefix: String
  private let seen = Mutex(Seen())
  private let closed = Mutex(false)
  private let tasks = Mutex<[Task<Void, Never>]>([])

  init(_ system: ClusterSystem, prefix: String) {
    self.system = system
    self.prefix = prefix
  }

  /// One caller for each counter, one addition at a time.
  func start(_ count: Int) {
    tasks.withLock { tasks in
      tasks += (0..<count).map { number in Task { [self] in await run("\(prefix)\(number)") } }
    }
  }

  private func run(_ counter: String) async {
    while !closed.withLock({ $0 }) {
      let command = system.newCommand()
      let began = ContinuousClock.now
      while true {
        do {
          try await ClusterSystem.$callOptions.withValue(
            CallOptions(command: command, timeout: .seconds(5))
          ) { _ = try await system.actor(Counter.self, counter).increment(1) }
          break
        } catch {
          seen.withLock { $0.refusals.append("\(counter): \(error)") }
        }
      }
      let pause = began.duration(to: .now) / .milliseconds(1)
      seen.withLock {
        $0.acknowledged += 1
        $0.pauses.append(pause)
      }
      try? await Task.sleep(for: .milliseconds(2))
    }
  }

  func stop() async {
    closed.withLock { $0 = true }
    for task in tasks.withLock({ $0 }) { await task.value }
  }

  var refusals: [String] { seen.withLock { $0.refusals } }
  var acknowledged: Int { seen.withLock { $0.acknowledged } }

  /// What everything took since this was asked last, in milliseconds.
  func takePauses() -> [Double] {
    seen.withLock { seen in
      defer { seen.pauses = [] }
      return seen.pauses.sorted()
    }
  }

  /// The additions that are in the counters.
  func total(_ count: Int) async throws -> Int {
    var total = 0
    for number in 0..<count {
      total += try await system.actor(Counter.self, "\(prefix)\(number)").value(Done()).increments
    }
    return total
  }
}

@Suite(.serialized) struct DrainTests {
  private static let counters = 48

  private static func words(_ pauses: [Double]) -> String {
    func at(_ share: Double) -> String {
      guard !pauses.isEmpty else { return "-" }
      let value = pauses[min(pauses.count - 1, Int(Double(pauses.count) * share))]
      return "\((value * 10).rounded() / 10)"
    }
    return "\(pauses.count) commands, p50 \(at(0.5)) p99 \(at(0.99)) p99.9 \(at(0.999)) max \(at(1)) ms"
  }

  /// Ten rolling restarts: each node in turn is asked to end, ends in order, and comes back.
  @Test(.timeLimit(.minutes(6)))
  func rollingRestartsRefuseNobody() async throws {
    let cluster = try ProcessCluster()
    defer { cluster.remove() }
    try cluster.startAll()
    try await cluster.waitUntil("all lead", within: .seconds(60)) { $0.allLead }
    let system = try await cluster.client()
    let callers = WatchfulCallers(system, prefix: "drain-")
    callers.start(Self.counters)
    try await Task.sleep(for: .seconds(2))
    print("undisturbed: \(Self.words(callers.takePauses()))")
    var all: [Double] = []
    for round in 0..<10 {
      let node = cluster.nodes[round % cluster.nodes.count]
      let status = try await cluster.terminate(node)
      #expect(status == 0, "\(node) did not end in order: \(cluster.log(of: node).suffix(500))")
      try await Task.sleep(for: .milliseconds(300))
      try cluster.start(node)
      try await cluster.waitUntil("\(node) is whole", within: .seconds(60)) { $0.isWhole(node) }
      let pauses = callers.takePauses()
      all += pauses
      print("restart \(round + 1) of \(node): \(Self.words(pauses))")
    }
    await callers.stop()
    print("ten rolling restarts: \(Self.words(all.sorted()))")
    #expect(callers.refusals == [])
    #expect(try await callers.total(Self.counters) == callers.acknowledged)
    #expect(all.max() ?? 0 < 2_000)
    await system.stop()
  }
}
