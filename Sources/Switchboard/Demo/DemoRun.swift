// One run of the demo, from an empty directory to the table: cluster up, its job, cluster down, count. Touches everything through
// the other files here.
internal import Foundation

struct DemoRun: Sendable {
  let options: DemoOptions
  let plan: DayPlan
  /// Nil: a new temporary one, removed afterwards when all is well.
  let directory: String?
  let progress = Progress()

  /// - Returns: whether everything is conserved.
  /// - Throws: `DemoInterrupted` upon a signal, after the nodes were stopped.
  func run() async throws -> Bool {
    let signals = DemoSignals.stream()
    let place = URL(fileURLWithPath: directory ?? Self.temporaryDirectory()).standardizedFileURL.path
    let files = try ClusterFiles.make(in: place, executable: Self.executable())
    let cluster = LocalCluster(files: files)
    let api = DemoAPI(nodes: files.nodes, token: files.token, seed: options.seed ^ 0x5EED)
    var isConserved = false
    do {
      isConserved = try await DemoSignals.interruptible(signals) { try await job(cluster, api) }
    } catch {
      await api.shutdown()
      progress.say("stopping the nodes …")
      _ = await cluster.stop()
      let isPlainEnd = error is DemoInterrupted
      if isPlainEnd, options.mode == .clusterOnly {
        cleanUp(place, keep: options.keep || directory != nil)
        return true
      }
      cleanUp(place, keep: !isPlainEnd || options.keep || directory != nil)
      throw error
    }
    cleanUp(place, keep: !isConserved || options.keep || directory != nil)
    return isConserved
  }

  private func job(_ cluster: LocalCluster, _ api: DemoAPI) async throws -> Bool {
    let started = ContinuousClock.now
    for node in cluster.names { try await cluster.start(node) }
    try await NodesReady(cluster: cluster, api: api).wait(for: cluster.names, seconds: 60)
    let seconds = started.duration(to: .now) / .seconds(1)
    progress.say("three nodes are ready after \(seconds.text(1)) s, in \(cluster.files.directory)")
    for node in api.nodes { progress.say("  \(node.name): \(node.url)/#token=\(api.token)") }
    switch options.mode {
    case .clusterOnly:
      progress.say("running until SIGTERM or Ctrl-C; a node ends with it only if it runs then")
      while true { try await Task.sleep(for: .seconds(3_600)) }
    case .failoverRuns(let count):
      let drills = FailoverSeries(cluster: cluster, api: api, progress: progress, pauses: options.pauses)
      let isFine = try await drills.run(count)
      await api.shutdown()
      _ = await cluster.stop()
      return isFine
    case .transferRuns(let count):
      let isFine = try await TransferSeries(api: api, progress: progress).run(count)
      await api.shutdown()
      _ = await cluster.stop()
      return isFine
    case .day:
      return try await day(cluster, api)
    }
  }

  private func day(_ cluster: LocalCluster, _ api: DemoAPI) async throws -> Bool {
    progress.say("\(plan.title); \(options.speed.text(0)) times as fast; \(plan.agents.count) agents")
    let clock = DemoClock(speed: options.speed, lead: DemoDay.lead)
    let day = DemoDay(
      plan: plan, clock: clock, api: api, cluster: cluster, progress: progress, killAt: options.killAt)
    let failovers = try await day.run()
    if try await !NodesReady(cluster: cluster, api: api).waitUntilEqual(seconds: 15) {
      progress.say("the nodes did not come to agree within 15 s; their files will tell")
    }
    progress.say("the day is over; stopping the nodes to count what their files hold")
    await api.shutdown()
    let killed = await cluster.stop()
    if !killed.isEmpty { progress.say("had to be killed: \(killed.joined(separator: ", "))") }
    let (verdict, files) = count(day, cluster.files)
    let table = ResultTable(
      title: plan.title, verdict: verdict, ledger: day.state.ledger, files: files, speed: options.speed,
      failovers: failovers, recorded: plan.recorded)
    progress.say(table.text)
    return verdict.isConserved
  }

  private func count(_ day: DemoDay, _ files: ClusterFiles) -> (DemoVerdict, NodeSnapshot?) {
    var found = day.state.violations
    var nodes: [NodeSnapshot] = []
    for node in files.nodes.map(\.name) {
      do {
        nodes.append(try NodeSnapshot(node: node, directory: files.data(of: node)))
      } catch {
        found.append(.unreadable(node: node, why: "\(error)"))
      }
    }
    return (DemoVerdict(ledger: day.state.ledger, capacity: 1, nodes: nodes, also: found), nodes.first)
  }

  private func cleanUp(_ place: String, keep: Bool) {
    if keep {
      progress.say("kept: \(place)")
    } else {
      try? FileManager.default.removeItem(atPath: place)
    }
  }

  private static func temporaryDirectory() -> String {
    FileManager.default.temporaryDirectory.path
      + "/switchboard-demo-\(UUID().uuidString.prefix(8).lowercased())"
  }

  /// This executable, to start nodes with.
  private static func executable() throws -> String {
    if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
    if let path = Bundle.main.executablePath { return path }
    throw LocalClusterError(words: "the path of this executable is unknown, so it cannot start nodes")
  }
}
