// The nodes of a campaign: starts them, kills them by schedule, starts them again.
package import ClusterTestKit
import PeerTransport

/// The processes of a cluster. One killer at a time.
package actor Nodes {
  private let cluster: LocalCluster
  private let executable: String
  private var processes: [NodeProcess?]
  private var tally = Tally()

  /// What was done to the nodes, and what they did.
  package struct Tally: Equatable, Sendable {
    package var kills = 0
    package var restarts = 0
    /// Nodes that ended without being killed, and how.
    package var crashes: [String] = []
  }

  package init(cluster: LocalCluster, executable: String) {
    self.cluster = cluster
    self.executable = executable
    processes = Array(repeating: nil, count: cluster.nodes.count)
  }

  package func startAll() throws(CampaignError) {
    for node in processes.indices { try start(node) }
  }

  /// Ends all that run.
  /// - Returns: the whole tally. There is none before: that a node has ended by itself shows only when it is to be ended.
  @discardableResult
  package func close() async -> Tally {
    for node in processes.indices { await kill(node) }
    return tally
  }

  /// Kills nodes of `schedule` every so often until `end`; then all of them run.
  package func kill(
    by schedule: KillSchedule, every interval: Duration, until end: ContinuousClock.Instant,
    board: CampaignBoard
  ) async throws {
    var schedule = schedule
    var next = ContinuousClock.now + interval
    while next < end {
      try await Task.sleep(until: next, clock: .continuous)
      let round = ContinuousClock.now
      board.willKill()
      for step in steps(of: schedule.next()) {
        try await Task.sleep(until: round + .milliseconds(step.at), clock: .continuous)
        board.note("\(step.isKill ? "kill" : "restart") \(cluster.nodes[step.node])")
        if step.isKill {
          await kill(step.node)
          tally.kills += 1
        } else {
          try start(step.node)
          tally.restarts += 1
        }
      }
      next = max(next + interval, ContinuousClock.now)
    }
  }

  private struct Step {
    var at: Int
    var node: Int
    var isKill: Bool
  }

  private func steps(of round: KillRound) -> [Step] {
    var steps: [Step] = []
    for kill in round.kills {
      steps.append(Step(at: kill.at, node: kill.node, isKill: true))
      steps.append(Step(at: kill.restartAt, node: kill.node, isKill: false))
    }
    // A kill comes before the restart of the same moment; the order of the rest does not matter.
    return steps.sorted { ($0.at, $0.isKill ? 0 : 1) < ($1.at, $1.isKill ? 0 : 1) }
  }

  private func start(_ node: Int) throws(CampaignError) {
    let name = cluster.nodes[node].rawValue
    processes[node] = try NodeProcess(
      executable: executable, arguments: [name, cluster.directory], log: "\(cluster.directory)/\(name).log")
  }

  private func kill(_ node: Int) async {
    guard let process = processes[node] else { return }
    processes[node] = nil
    if let end = await process.kill() { tally.crashes.append("\(cluster.nodes[node]): \(end)") }
  }
}
