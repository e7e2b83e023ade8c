// The benchmark of failover: runs of one fault after another. Touches processes and the network.
internal import ActorCluster
internal import Foundation

struct FailoverBench {
  /// How long a partition is watched before it counts as not come back.
  private static let limit = 20.0
  /// How long the client waits at one node before it asks another: with the preset's 1.5 s it, not the cluster, would be
  /// what is measured where a node hangs.
  static let attemptMilliseconds: Int64 = 150

  let directory: String
  let runs: Int
  let faults: [FailoverFault]
  /// Bytes of resident memory that nodes are filled up to; 0: as they are.
  let memory: Int
  /// Commands under way beside the probes.
  let inFlight: Int

  func run() async throws {
    print(
      """
      Three node processes and one client on this machine, mutual TLS, fsync on, 16 partitions, LAN preset. \(inFlight) commands
      under way beside \(FailoverLoad.probesPerPartition) unsynchronized probes of each partition that the faulty node leads. Times
      are from before the fault to the first acknowledgment of a command that was sent after it.
      """)
    var isGood = true
    for fault in faults {
      print("\n\(fault.words)")
      isGood = try await self.run(fault) && isGood
    }
    guard isGood else { throw BenchFailure("a promise was broken: see above") }
  }

  /// - Returns: whether nothing was lost and everything came back.
  private func run(_ fault: FailoverFault) async throws -> Bool {
    var network: BenchNetwork?
    if fault == .cut {
      do {
        network = try BenchNetwork.make()
      } catch {
        print("  skipped: \(error)")
        return true
      }
    }
    defer { network?.remove() }
    let place = directory + "/" + fault.rawValue
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let cluster = try network.map { try BenchCluster.make(in: place, hosts: $0.hosts) } ?? .make(in: place)
    let nodes = BenchNodes(cluster, memory: memory) { [network] in network?.wrapper(of: $0) ?? [] }
    let series = try await nodes.whileRunning { [network] in
      let client = try await BenchClient.start(cluster, attemptMilliseconds: Self.attemptMilliseconds)
      var series = FailoverSeriesResult()
      for number in 1...runs {
        try await client.untilReady(isSpread: false)
        let result = try await once(fault, number, client, nodes, network)
        series.add(result)
        print("  run \(number) of \(runs): \(result.text)")
      }
      await client.stop()
      return series
    }
    print(series.text)
    return series.isGood
  }

  private func once(
    _ fault: FailoverFault, _ number: Int, _ client: BenchClient, _ nodes: BenchNodes,
    _ network: BenchNetwork?
  ) async throws -> FailoverRunResult {
    let (victim, partitions) = try await busiest(client)
    // Other actors for the probes of every run: their counts begin at nothing.
    let first = 8 + (number - 1) * FailoverLoad.probesPerPartition
    let ids = BenchNote.ids(first + FailoverLoad.probesPerPartition, in: client.cluster.partitions)
    let work = ids.flatMap { $0.prefix(8) }
    let results = ProbeResults()
    let load = FailoverLoad(system: client.system, results: results, origin: .now)
    var result = FailoverRunResult(victim: victim, partitions: partitions.count)
    let before = try await withThrowingTaskGroup(of: [ProbeCount].self) { group in
      defer { load.end() }
      for caller in 0..<inFlight {
        group.addTask {
          await load.load(work, from: caller * 7)
          return []
        }
      }
      for partition in partitions {
        for id in ids[partition].dropFirst(first) {
          group.addTask { [await load.probe(partition: partition, id: id)] }
        }
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 1_000...1_200)))
      if let pid = await nodes.pid(of: victim) { result.memory = try ProcessUsage.memory(of: pid) }
      let begun = load.origin.seconds
      try await fault.begin(victim, nodes, network)
      let done = load.origin.seconds
      results.update { $0.killed(at: begun, signaled: done) }
      while results.current.failover.count < partitions.count, load.origin.seconds - begun < Self.limit {
        try await Task.sleep(for: .milliseconds(5))
      }
      try await fault.end(victim, nodes, network)
      load.end()
      var counts: [ProbeCount] = []
      for try await some in group { counts += some }
      return counts
    }
    result.seconds = results.current.failover.values.sorted()
    for probe in before {
      let count = try await load.count(of: probe.id)
      result.acknowledged += probe.acknowledged
      result.lost += probe.lost(of: count)
      result.surplus += probe.surplus(in: count)
    }
    return result
  }

  /// The node that leads most, and what it leads.
  private func busiest(_ client: BenchClient) async throws -> (String, [Int]) {
    var best: (node: String, partitions: [Int])?
    for node in BenchCluster.nodes {
      let served = await client.status(of: node)?.served.map(Int.init) ?? []
      if served.count > best?.partitions.count ?? 0 { best = (node, served) }
    }
    guard let best else { throw BenchFailure("no node leads anything: see the nodes' logs in \(directory)") }
    return best
  }
}
