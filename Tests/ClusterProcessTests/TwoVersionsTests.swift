// Two versions of the node in one cluster: rolled forward and back under load, and what happens where one must not write what
// the other cannot read.
import ActorCluster
import ClusterTestKit
import Foundation
import NodeStore
import PeerTransport
import Synchronization
import Testing

@Suite(.serialized) struct TwoVersionsTests {
  private static let this = "counter-node"
  private static let next = "counter-node-next"
  private static let counters = 48

  // MARK: what callers do

  /// Callers of the newer version, and money that moves by durable messages: each counts what it was told and refused.
  private final class OtherCallers: Sendable {
    private struct Seen: Sendable {
      var increments: [String: Int] = [:]
      var transfers = 0
      var refusals: [String] = []
    }

    private let system: ClusterSystem
    private let seen = Mutex(Seen())
    private let closed = Mutex(false)
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(_ system: ClusterSystem) { self.system = system }

    static let newer = (0..<16).map { "newer-\($0)" }
    static let accounts = (0..<16).map { "account-\($0)" }

    func start() {
      tasks.withLock { tasks in
        tasks = (0..<4).map { number in Task { [self] in await run(number) } }
      }
    }

    private func run(_ start: Int) async {
      var turn = start
      while !closed.withLock({ $0 }) {
        let (newer, account) = (Self.newer[turn % 16], Self.accounts[turn % 16])
        let order = CounterState.Transfer(to: Self.accounts[(turn + 5) % 16], amount: 1 + turn % 3)
        do {
          _ = try await system.actor(NextCounter.self, newer).increment(1)
          seen.withLock { $0.increments[newer, default: 0] += 1 }
          // A reply of an older node lacks the field.
          _ = try await system.actor(NextCounter.self, newer).value(Done())
          _ = try await system.actor(Counter.self, account).transfer(order)
          seen.withLock { $0.transfers += 1 }
        } catch {
          seen.withLock { $0.refusals.append("\(newer), \(account): \(error)") }
        }
        turn += 3
        try? await Task.sleep(for: .milliseconds(5))
      }
    }

    func stop() async {
      closed.withLock { $0 = true }
      for task in tasks.withLock({ $0 }) { await task.value }
    }

    /// Nobody was refused; everything that was said to be done is there once; no money came or went.
    func check() async throws {
      let seen = seen.withLock { $0 }
      #expect(seen.refusals == [] && seen.transfers > 0)
      for counter in Self.newer {
        let value = try await system.actor(NextCounter.self, counter).value(Done()).known.increments
        #expect(value == seen.increments[counter], "\(counter)")
      }
      let deadline = ContinuousClock.now + .seconds(20)
      var sum = 1
      while sum != 0, ContinuousClock.now < deadline {
        sum = 0
        for account in Self.accounts {
          sum += try await system.actor(Counter.self, account).value(Done()).value
        }
      }
      #expect(sum == 0, "money was lost or made")
    }
  }

  // MARK: versions and states

  /// One node after the other ends in order and comes back as that version.
  private func roll(_ cluster: ProcessCluster, to version: String, _ nodes: [NodeID]) async throws {
    for node in nodes {
      let status = try await cluster.terminate(node)
      #expect(status == 0, "\(node) did not end in order: \(cluster.log(of: node).suffix(500))")
      try cluster.start(node, executable: version)
      try await cluster.waitUntil("\(node) is whole as \(version)", within: .seconds(60)) { $0.isWhole(node) }
    }
  }

  /// All rows of all partitions, as each node has them on its disk after it ended in order.
  private func expectEqualStates(_ cluster: ProcessCluster, counters: Int) async throws {
    try await cluster.waitUntil("all have applied the same", within: .seconds(20)) { cluster in
      let applied = cluster.nodes.map { cluster.report($0)?.applied }
      return applied[0] != nil && applied.allSatisfy { $0 == applied[0] }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for node in cluster.nodes {
        group.addTask { _ = try await cluster.terminate(node, within: .seconds(30)) }
      }
      try await group.waitForAll()
    }
    var states: [[String]] = []
    for node in cluster.nodes {
      let store = try NodeStore.open(
        directory: cluster.data(of: node).path,
        identity: StoreIdentity(cluster: cluster.local.name, node: node.rawValue), readModels: [])
      defer { store.close() }
      var rows: [String] = []
      for partition in cluster.local.topology.placement.partitions {
        rows += try await store.loadPartition(partition).rows.filter { !$0.actorType.hasPrefix("$") }.map {
          "\($0.actorType) \($0.actorID) \($0.rowKey) \($0.value)"
        }
      }
      states.append(rows)
    }
    #expect(states[0].count >= counters)
    for (node, state) in zip(cluster.nodes, states).dropFirst() {
      let missing = Set(states[0]).symmetricDifference(state).sorted()
      #expect(missing == [], "\(node) has another state than \(cluster.nodes[0])")
    }
  }

  private func mark(_ system: ClusterSystem, _ counter: String, within limit: Duration) async throws -> Int {
    try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: limit)) {
      try await system.actor(NextCounter.self, counter).mark(1)
    }
  }

  // MARK: tests

  @Test(.timeLimit(.minutes(8)))
  func rollingForwardAndBackUnderLoadRefusesNobody() async throws {
    let cluster = try ProcessCluster()
    defer { cluster.remove() }
    try cluster.startAll()
    try await cluster.waitUntil("all lead", within: .seconds(60)) { $0.allLead }
    let system = try await cluster.client()
    let (callers, others) = (WatchfulCallers(system, prefix: "version-"), OtherCallers(system))
    callers.start(Self.counters)
    others.start()
    // The newer method is refused in words, at once, while no node knows it: nothing happened.
    await #expect(throws: ClusterError.unknownMethod(type: "counter", method: "mark")) {
      _ = try await mark(system, "newer-0", within: .seconds(5))
    }
    _ = callers.takePauses()
    for (way, version) in [("forward", Self.next), ("back", Self.this), ("forward again", Self.next)] {
      try await roll(cluster, to: version, cluster.nodes)
      let pauses = callers.takePauses()
      print("rolled \(way): \(pauses.count) additions, the longest took \(pauses.last ?? 0) ms")
      #expect(pauses.last ?? 0 < 2_000)
    }
    // All know it now.
    for counter in OtherCallers.newer {
      #expect(try await mark(system, counter, within: .seconds(20)) == 1)
      #expect(try await mark(system, counter, within: .seconds(20)) == 2)
    }
    await callers.stop()
    await others.stop()
    #expect(callers.refusals == [])
    #expect(try await callers.total(Self.counters) == callers.acknowledged)
    try await others.check()
    for counter in OtherCallers.newer {
      #expect(try await system.actor(NextCounter.self, counter).value(Done()).marks == 2)
    }
    await system.stop()
    try await expectEqualStates(cluster, counters: Self.counters)
  }

  /// What feature levels are for: a newer leader writes an event that older replicas do not know. They stop before it and say so,
  /// and vote on; nothing acknowledged is lost, and as the newer version they go on from there.
  @Test(.timeLimit(.minutes(8)))
  func anOlderReplicaStopsAtAnEventThatItDoesNotKnow() async throws {
    try await ProcessCluster.run { cluster, callers in
      let (north, older) = (cluster.nodes[0], Array(cluster.nodes.dropFirst()))
      try await callers.goOn(within: .seconds(60))
      try await cluster.waitUntil("all lead", within: .seconds(60)) { $0.allLead }
      try await roll(cluster, to: Self.next, [north])
      let system = try await cluster.client(incarnation: 2)
      var (marked, refused): ([String], Int) = ([], 0)
      for counter in callers.counters {
        do {
          _ = try await mark(system, counter, within: .milliseconds(400))
          marked.append(counter)
        } catch ClusterError.unavailable(let reason, _) {
          // It is led by an older node: who asks is told.
          #expect(reason.contains("counter") && reason.contains("mark"), "\(reason)")
          refused += 1
        }
      }
      print("\(marked.count) counters marked, \(refused) led by an older node")
      #expect(!marked.isEmpty && refused > 0)
      for node in older {
        try await cluster.waitForLog(of: node, "cannot be applied")
        #expect(cluster.isRunning(node))
      }
      // North alone serves them, and the others keep their logs.
      try await callers.goOn()
      try await roll(cluster, to: Self.next, older)
      try await callers.goOn()
      for counter in marked {
        #expect(try await system.actor(NextCounter.self, counter).value(Done()).marks == 1, "\(counter)")
      }
      try await callers.stop()
      try await callers.check()
      await system.stop()
    }
  }
}
