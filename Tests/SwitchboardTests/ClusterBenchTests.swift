// What the cluster benchmarks make of what they measured.
import Switchboard
import Testing

@Suite struct ClusterBenchTests {
  @Test func aPeersLineIsRead() throws {
    let figures = try #require(PeerLine.figures(in: "commits 64 9400 6500.5 12000 20000 95.5 1200"))
    #expect(figures.inFlight == 64)
    #expect(figures.commitsPerSecond == 9_400)
    #expect(abs(figures.latencies.p50 - 0.0065005) < 1e-9)
    #expect(abs((figures.nodesProcessor ?? 0) - 95.5e-6) < 1e-12)
    #expect(figures.diskBytes == 1_200)
  }

  @Test(arguments: [
    "etcd Version: 3.4.23", "commits 64 9400 6500.5 12000 20000 95.5", "commits x 1 1 1 1 1 1",
    "commits 1 1 1 nan 1 1 1", "",
  ])
  func anyOtherLineIsNone(line: String) {
    #expect(PeerLine.figures(in: line) == nil)
  }

  @Test func oursStandsBesideThePeers() throws {
    let ours = try #require(PeerLine.figures(in: "commits 64 30000 2000 3000 4000 50 100"))
    let peer = try #require(PeerLine.figures(in: "commits 64 10000 6000 8000 9000 50 100"))
    let words = CommitsTable.comparison(ours, with: peer)
    #expect(words.contains("3.0 x its commits a second"))
    #expect(words.contains("0.33 x its p50"))
  }

  @Test func aCountBelowWhatWasAcknowledgedIsALoss() {
    var probe = ProbeCount(id: "a")
    probe.acknowledged = 10
    probe.unknown = 2
    #expect(probe.lost(of: 9) == 1)
    #expect((10...12).allSatisfy { probe.lost(of: $0) == 0 && probe.surplus(in: $0) == 0 })
    #expect(probe.surplus(in: 13) == 1)
  }

  @Test func aLossOrAPartitionThatStaysAwayIsNoGoodRun() {
    var run = FailoverRunResult(victim: "north", partitions: 2)
    run.seconds = [0.04, 0.05]
    var series = FailoverSeriesResult()
    series.add(run)
    #expect(series.isGood)
    #expect(series.text.contains("p50 50.0 ms"))
    run.seconds = [0.04]
    #expect(run.text.contains("1 DID NOT COME BACK"))
    series.add(run)
    #expect(!series.isGood)
    run.seconds = [0.04, 0.05]
    run.lost = 1
    var second = FailoverSeriesResult()
    second.add(run)
    #expect(!second.isGood)
  }
}
