// Real processes with a clock that is wrong: timers go off on time all the same, and that node leads nothing.
import ActorCluster
import ClusterTestKit
import Foundation
import NodeStore
import PeerTransport
import Testing

@Suite(.serialized) struct ClockTests {
  private static func offset(_ milliseconds: Int64) -> InjectedFaults {
    var faults = InjectedFaults()
    faults.clockOffset = InjectedFaults.ClockOffset(milliseconds: milliseconds)
    return faults
  }

  private static func leads(_ node: NodeID, _ expected: Bool, _ cluster: ProcessCluster) async throws {
    try await cluster.waitUntil("\(node) \(expected ? "leads" : "leads nothing")", within: .seconds(90)) {
      ($0.report(node)?.leads ?? -1 > 0) == expected && $0.report(node) != nil
    }
  }

  /// Sets timers in many partitions, lets `meanwhile` happen, and sees by this process's clock when they fire: never early, and
  /// within a second.
  private static func fireOnTime(
    _ system: ClusterSystem, _ prefix: String, meanwhile: () async throws -> Void = {}
  ) async throws {
    let delay = 4_000
    let names = (0..<24).map { "\(prefix)-\($0)" }
    let clock = ContinuousClock()
    try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
      // Each actor is asked once before, so that its way is known.
      for name in names { _ = try await system.actor(Counter.self, name).value(Done()) }
      try await withThrowingTaskGroup(of: (String, Duration, CounterState.Value).self) { group in
        for name in names {
          group.addTask {
            let counter = try system.actor(Counter.self, name)
            let before = clock.now
            _ = try await counter.remind(delay)
            let after = clock.now
            while true {
              let value = try await counter.value(Done())
              let now = clock.now
              if value.fired > 0 {
                // Never early in partition time, which may catch up with the median meanwhile by some milliseconds.
                #expect(now - before >= .milliseconds(delay - 250), "\(name) fired early")
                return (name, now - after, value)
              }
              try await Task.sleep(for: .milliseconds(20))
            }
          }
        }
        try await meanwhile()
        for try await (name, took, value) in group {
          #expect(value.fired == 1, "\(name)")
          #expect(took <= .milliseconds(delay + 1_000), "\(name) fired after \(took)")
          #expect(value.lateMilliseconds <= 1_000, "\(name)")
        }
      }
    }
  }

  @Test(.timeLimit(.minutes(10)), arguments: [("1970", Int64.min), ("an hour ahead", 3_600_000)])
  func aNodeThatBootsWithAWrongClockLeadsNothing(_ name: String, _ wrong: Int64) async throws {
    let offset = wrong == .min ? -Int64(Date().timeIntervalSince1970 * 1_000) : wrong
    let cluster = try ProcessCluster()
    defer { cluster.remove() }
    let west = cluster.nodes[2]
    try cluster.local.set(Self.offset(offset), of: west)
    try cluster.startAll()
    let system = try await cluster.client()
    let callers = CountingCallers(system, counters: 24)
    callers.start(4, pause: .milliseconds(5))
    try await callers.goOn(within: .seconds(60))
    try await cluster.waitForLog(of: west, "it leads nothing until that is over")
    try await Self.leads(west, false, cluster)
    try await Self.fireOnTime(system, "boot")
    #expect(cluster.report(west)?.leads == 0)
    // The two others carry on without the one that is right for sure.
    cluster.kill(cluster.nodes[0])
    try await callers.goOn(within: .seconds(60))
    try cluster.start(cluster.nodes[0])
    try cluster.local.set(InjectedFaults(), of: west)
    try await cluster.waitForLog(of: west, "agrees with the others' again")
    try await Self.leads(west, true, cluster)
    try await callers.stop()
    try await callers.check()
    await system.stop()
  }

  @Test(.timeLimit(.minutes(10)), arguments: [3_600_000, -3_600_000] as [Int64])
  func aClockThatJumpsWhileItLeadsMovesNoTimer(_ jump: Int64) async throws {
    try await ProcessCluster.run { cluster, callers in
      let north = cluster.nodes[0]
      try await callers.goOn(within: .seconds(60))
      try await cluster.waitUntil("all lead", within: .seconds(60)) { $0.allLead }
      let system = try await cluster.client(incarnation: 3)
      // Within the hour that the clock jumps by, and far from now.
      let far = (0..<24).map { "far-\($0)" }
      for name in far { _ = try await system.actor(Counter.self, name).remind(1_800_000) }
      _ = callers.takeLongestPause()
      // While timers are armed on it.
      try await Self.fireOnTime(system, "forth") {
        try await Task.sleep(for: .seconds(1))
        try cluster.local.set(Self.offset(jump), of: north)
      }
      try await Self.leads(north, false, cluster)
      try await Self.fireOnTime(system, "back") {
        try await Task.sleep(for: .seconds(1))
        try cluster.local.set(InjectedFaults(), of: north)
      }
      try await Self.leads(north, true, cluster)
      for name in far {
        #expect(try await system.actor(Counter.self, name).value(Done()).fired == 0, "\(name) fired early")
      }
      let pause = callers.takeLongestPause()
      print("a clock \(jump) ms off, and back: \(callers.total) additions, the longest took \(pause)")
      #expect(pause < .seconds(2))
      await system.stop()
    }
  }
}
