// Kills the node that leads the busiest partition, measures how long its partitions are without an answer, and starts it again.
// Touches processes and the network through `LocalCluster` and `DemoAPI`.

struct FailoverDrill: Sendable {
  let cluster: LocalCluster
  let clock: DemoClock
  let api: DemoAPI
  /// Tells people what happens.
  let say: @Sendable (String) -> Void
  /// SIGSTOP instead of SIGKILL: no socket closes, and the node goes on afterwards.
  var pauses = false

  struct Outcome: Sendable {
    var failover: ResultTable.Failover
    var violations: [DemoViolation]
  }

  /// How long failover is watched before it counts as none.
  static let limit = 20.0

  /// - Parameters:
  ///   - run: distinguishes the commands of this drill from those of others.
  ///   - downtime: real seconds until the killed node is started again.
  func run(_ run: String, downtime: Double) async throws -> Outcome {
    let (victim, partitions) = try await victim()
    let results = ProbeResults()
    let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
      for partition in partitions {
        let prober = Prober(partition: partition, run: run, clock: clock, api: api, results: results)
        group.addTask { await prober.run(partitions: ClusterFiles.partitions) }
      }
      defer { group.cancelAll() }
      try await Task.sleep(for: .seconds(1))
      say(
        "\(pauses ? "SIGSTOP" : "kill -9") of \(victim), which leads the busiest partition and \(partitions.count) in all"
      )
      let killedAt = clock.now
      guard await pauses ? cluster.pause(victim) : cluster.kill(victim) else {
        throw LocalClusterError(words: "\(victim) should be killed, but no process of it was found")
      }
      let signaledAt = clock.now
      results.update { $0.killed(at: killedAt, signaled: signaledAt) }
      while results.current.failover.count < partitions.count, clock.now - killedAt < Self.limit {
        try await Task.sleep(for: .milliseconds(10))
      }
      return self.outcome(victim, partitions, results.current)
    }
    let times = Percentiles(outcome.failover.milliseconds)
    say(
      "the partitions of \(victim) answer again after \((times.max ?? 0).text(0)) ms (slowest of \(times.count))"
    )
    if pauses {
      try await Task.sleep(for: .seconds(downtime))
      _ = await cluster.goOn(victim)
    } else {
      try await cluster.waitUntilEnded(victim)
      try await Task.sleep(for: .seconds(downtime))
    }
    try await restart(victim)
    return outcome
  }

  private func outcome(_ victim: String, _ partitions: [Int], _ board: ProbeBoard) -> Outcome {
    let missing = partitions.filter { board.failover[$0] == nil }
    return Outcome(
      failover: .init(node: victim, milliseconds: board.failover.values.map { $0 * 1_000 }.sorted()),
      violations: missing.map { .noFailover(partition: $0, seconds: Self.limit) })
  }

  private func victim() async throws -> (String, [Int]) {
    for _ in 0..<100 {
      if let victim = await api.cluster()?.busiestLeader { return victim }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw LocalClusterError(
      words: "no node leads the busiest partition, so none can be killed: see the nodes' logs")
  }

  private func restart(_ node: String) async throws {
    // Somebody may have been faster by hand.
    if await !cluster.isRunning(node) { try await cluster.start(node) }
    try await NodesReady(cluster: cluster, api: api).wait(for: [node], seconds: 60)
    say("\(node) is back")
  }
}
