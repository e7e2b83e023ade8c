// One day from the first call to the verdict: callers, agents, the kill, the end. Touches the network through `DemoAPI`.

struct DemoDay: Sendable {
  /// Real seconds before the first call, for the agents to sign in.
  static let lead = 2.0
  /// Real seconds after the last call until calls that are still open count as waiting.
  static let drainLimit = 45.0

  let plan: DayPlan
  let clock: DemoClock
  let api: DemoAPI
  let cluster: LocalCluster
  let progress: Progress
  /// Where in the day a node is killed, from 0 to 1; nil: nowhere.
  let killAt: Double?
  let state = DayState()

  /// Runs the day; returns what was measured when everybody is served or nobody will be.
  func run() async throws -> [ResultTable.Failover] {
    for queue in plan.queues {
      let outcome = await api.send(
        .command("PUT", "/v1/queues/\(queue)", key: "queue-\(queue)", QueueConfiguration(limit: 10_000)))
      guard case .done = outcome else {
        throw LocalClusterError(words: "queue \(queue) could not be configured: \(outcome.words)")
      }
    }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      // What runs beside the day and ends with it.
      group.addTask { try await agents.run() }
      group.addTask { try await report() }
      group.addTask { try await watchNodes() }
      async let failovers = drill()
      try await callers.run()
      try await drain()
      let measured = try await failovers
      // What the drill held up is served too.
      try await drain()
      return measured
    }
  }

  private var agents: Agents { Agents(plan: plan, clock: clock, api: api, state: state) }

  private var callers: Callers {
    // An offer must survive a failover; a wrap-up ends by itself only when an agent forgets it.
    let offer = max(2_000, 20 / clock.speed * 1_000)
    let wrapUp = plan.wrapUp > 0 ? max(5_000, 10 * plan.wrapUp / clock.speed * 1_000) : 0
    return Callers(
      plan: plan, clock: clock, api: api, state: state, offerTimeoutMs: Int64(offer), wrapUpMs: Int64(wrapUp))
  }

  private func drill() async throws -> [ResultTable.Failover] {
    guard let killAt else { return [] }
    try await clock.sleep(untilDay: plan.lastArrival * killAt)
    let drill = FailoverDrill(cluster: cluster, clock: clock, api: api) { progress.say($0) }
    let outcome = try await drill.run("day", downtime: 5)
    outcome.violations.forEach { state.found($0) }
    return [outcome.failover]
  }

  /// Until everybody who called is served or has hung up, or the time is over.
  private func drain() async throws {
    let deadline = clock.now + Self.drainLimit
    while !state.ledger.isSettled, clock.now < deadline { try await Task.sleep(for: .milliseconds(100)) }
  }

  private func report() async throws {
    while true {
      try await Task.sleep(for: .milliseconds(progress.interval))
      progress.update(
        Progress.line(
          state.ledger, day: clock.dayNow, of: plan, onDuty: state.floor { $0.onDuty }, note: state.note))
    }
  }

  /// Tells of nodes that somebody else ended, and starts them again unless that is done by hand.
  private func watchNodes() async throws {
    var missing: [String: Double] = [:]
    while true {
      try await Task.sleep(for: .milliseconds(250))
      for node in await cluster.unexpectedlyEnded() where missing[node] == nil {
        missing[node] = clock.now
        progress.say(
          "\(node) has ended; it is started again in 5 s, or now by: sh \(cluster.files.startScript(of: node))"
        )
      }
      for (node, since) in missing.sorted(by: { $0.key < $1.key }) where clock.now - since > 5 {
        missing[node] = nil
        if await cluster.isRunning(node) { continue }
        try await cluster.start(node)
        progress.say("\(node) was started again")
      }
      state.note(missing.isEmpty ? "" : "down: \(missing.keys.sorted().joined(separator: ", "))")
    }
  }
}
