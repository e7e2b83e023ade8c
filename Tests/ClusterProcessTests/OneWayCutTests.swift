// Real nodes on real cables of which one direction is cut: who hears and is not heard stops nobody, and elects nobody.
import ActorCluster
import ClusterTestKit
import Foundation
import PeerTransport
import Switchboard
import Testing

@Suite(.serialized) struct OneWayCutTests {
  private static let canCut: Bool = {
    guard let network = try? BenchNetwork.make() else { return false }
    network.remove()
    return true
  }()

  /// `PARTITION_SECONDS` (10) of each cut: `make partition` runs 60.
  private static let seconds =
    ProcessInfo.processInfo.environment["PARTITION_SECONDS"].flatMap { Int($0) } ?? 10

  // What was missed in a minute takes a debug build seconds to catch up with, and it is late with its heartbeats meanwhile.
  #if DEBUG
    private static let (longestPause, mostElections): (Duration, UInt64) = (.seconds(5), 48)
  #else
    private static let (longestPause, mostElections): (Duration, UInt64) = (.seconds(2), 16)
  #endif

  private let north = NodeID(rawValue: "north")
  private let south = NodeID(rawValue: "south")
  private let west = NodeID(rawValue: "west")

  /// Three nodes that all lead, and callers.
  private func run(
    _ body: (ProcessCluster, BenchNetwork, CountingCallers) async throws -> Void
  ) async throws {
    let network = try BenchNetwork.make()
    defer { network.remove() }
    let cluster = try ProcessCluster(on: network)
    defer { cluster.remove() }
    try cluster.startAll()
    let system = try await cluster.client()
    let callers = CountingCallers(system, counters: 48)
    callers.start(16, pause: .milliseconds(2))
    do {
      try await callers.goOn(within: .seconds(60))
      try await cluster.waitUntil("all lead what they should", within: .seconds(60)) { cluster in
        cluster.nodes.allSatisfy { cluster.isWhole($0) && (5...6).contains(cluster.report($0)?.leads ?? 0) }
      }
      _ = callers.takeLongestPause()
      try await body(cluster, network, callers)
      try await callers.stop()
      try await callers.check()
    } catch {
      for node in cluster.nodes { print("\(node):\n\(cluster.log(of: node).suffix(4_000))") }
      await system.stop()
      try? await callers.stop()
      throw error
    }
    await system.stop()
  }

  private func terms(_ cluster: ProcessCluster) throws -> UInt64 {
    // It hears both sides of each cut.
    try #require(cluster.report(west)).terms
  }

  /// North leads some partitions, and south others: in each cut there are leaders that a follower does not hear, and leaders that
  /// do not hear a follower. Each has a majority with west all the time.
  @Test(.enabled(if: canCut, "network namespaces are not permitted here"), .timeLimit(.minutes(10)))
  func aOneWayCutBetweenLeadersStopsNobody() async throws {
    try await run { cluster, network, callers in
      for (sender, receiver) in [(north, south), (south, north)] {
        let (before, told) = (try terms(cluster), callers.total)
        try network.cut(from: sender.rawValue, to: receiver.rawValue)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        try await cluster.waitUntil("\(receiver) hears nothing of \(sender)'s leaders", within: .seconds(20))
        {
          ($0.report(receiver)?.votes ?? 16) < 16
        }
        while ContinuousClock.now < end {
          try await callers.goOn(within: .seconds(10))
        }
        let (during, elected) = (callers.takeLongestPause(), try terms(cluster) - before)
        #expect((cluster.report(receiver)?.votes ?? 16) < 16, "\(receiver) heard \(sender) all the same")
        #expect(cluster.allLead, "a leader with a majority was given up")
        try network.heal(from: sender.rawValue, to: receiver.rawValue)
        let healed = ContinuousClock.now
        try await cluster.waitUntil("all are whole again", within: .seconds(30)) { cluster in
          cluster.nodes.allSatisfy { cluster.isWhole($0) }
        }
        let took = healed.duration(to: .now)
        try await callers.goOn()
        let after = callers.takeLongestPause()
        print(
          "\(sender) not heard by \(receiver) for \(Self.seconds) s: \(callers.total - told) additions, the longest pause \(during), "
            + "\(elected) elections; whole \(took) after it with a longest pause of \(after), "
            + "\(try terms(cluster) - before) elections in all")
        #expect(during < .seconds(2) && after < Self.longestPause)
        #expect(elected <= 4, "elections although every leader had a majority")
        #expect(try terms(cluster) - before <= Self.mostElections)
      }
    }
  }

  /// Neither south nor the callers reach north, which both hear: west reaches it on their behalf.
  @Test(.enabled(if: canCut, "network namespaces are not permitted here"), .timeLimit(.minutes(5)))
  func callersWhoDoNotReachALeaderAreRelayed() async throws {
    try await run { cluster, network, callers in
      let before = try terms(cluster)
      try network.cut(from: south.rawValue, to: north.rawValue)
      try network.cutOutside(to: north.rawValue)
      // Until the connections are given up, after five seconds, calls wait for answers; afterwards they are relayed at once.
      let silence = ContinuousClock.now + .seconds(8)
      while ContinuousClock.now < silence { try await callers.goOn(within: .seconds(20)) }
      let first = callers.takeLongestPause()
      for _ in 0..<5 { try await callers.goOn() }
      let then = callers.takeLongestPause()
      #expect(cluster.report(north)?.leads ?? 0 > 0, "nothing was relayed: north leads nothing any more")
      try network.heal(from: south.rawValue, to: north.rawValue)
      try network.healOutside(to: north.rawValue)
      try await cluster.waitUntil("all are whole again", within: .seconds(30)) { cluster in
        cluster.nodes.allSatisfy { cluster.isWhole($0) }
      }
      try await callers.goOn()
      print("callers cut off from a leader: the longest pause \(first), afterwards \(then)")
      #expect(first < .seconds(6) && then < .seconds(2))
      #expect(try terms(cluster) - before <= Self.mostElections)
    }
  }
}
