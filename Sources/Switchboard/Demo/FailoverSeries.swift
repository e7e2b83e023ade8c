// Many kills in a row, and how long each took: `switchboard demo --failover-runs`. Touches the network through `DemoAPI`.
internal import Foundation

struct FailoverSeries: Sendable {
  let cluster: LocalCluster
  let api: DemoAPI
  let progress: Progress
  /// SIGSTOP instead of SIGKILL.
  var pauses = false

  /// - Returns: whether every partition came back in every run.
  func run(_ count: Int) async throws -> Bool {
    let clock = DemoClock(speed: 1, lead: 0)
    let ready = NodesReady(cluster: cluster, api: api)
    var slowest: [Double] = []
    var all: [Double] = []
    var violations: [DemoViolation] = []
    for number in 1...max(1, count) {
      // Leaderships have gone back to where they belong, and nobody catches up any more.
      try await Task.sleep(for: .seconds(4))
      _ = try await ready.waitUntilEqual(seconds: 15)
      let drill = FailoverDrill(
        cluster: cluster, clock: clock, api: api, say: { _ in }, pauses: pauses)
      let outcome = try await drill.run("series-\(number)", downtime: 1)
      violations += outcome.violations
      let times = Percentiles(outcome.failover.milliseconds)
      all += outcome.failover.milliseconds
      if let max = times.max { slowest.append(max) }
      progress.say(
        "run \(number) of \(count): \(outcome.failover.node) \(pauses ? "paused" : "killed"), \(times.count) partitions, median \((times(50) ?? 0).text(1)) ms, "
          + "slowest \((times.max ?? 0).text(1)) ms")
    }
    let runs = Percentiles(slowest)
    let partitions = Percentiles(all)
    progress.say(
      """

      Failover, from \(pauses ? "SIGSTOP" : "kill -9") to the next acknowledged command, unsynchronized probes, \(count) runs:
        slowest partition of a run   p50 \((runs(50) ?? 0).text(1)) ms   max \((runs.max ?? 0).text(1)) ms
        all \(partitions.count) partitions   p50 \((partitions(50) ?? 0).text(1)) ms   max \((partitions.max ?? 0).text(1)) ms
      """)
    violations.forEach { progress.say("  - \($0)") }
    return violations.isEmpty
  }
}
