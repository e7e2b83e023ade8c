// How a seed treats its cluster: a value. Seeds differ on purpose, because one mix of everything finds less (Groce and
// others: "Swarm testing", 2012).

/// Which faults, how dense, and how the cluster is tuned.
package struct SimulationProfile: Sendable {
  /// Kinds of fault that this seed makes.
  package var faults: [SimulatedFault]
  /// Microseconds between two faults: the least, and how much more it may be.
  package var pause: Int64
  package var spread: UInt64
  /// Of a fault's usual length, in percent.
  package var lengthPercent: Int64
  /// Milliseconds until a killed node starts again: the least, and how much more it may be.
  package var restart: Int64
  package var restartSpread: UInt64
  package var electionTicks: Int
  package var heartbeatTicks: Int
  package var maxEntriesPerAppend: Int
  package var compactionEntries: UInt64
  package var retainedEntries: UInt64
  /// Actors that nobody used for so long leave memory.
  package var idleMilliseconds: Int64
  /// Milliseconds until what is done for good is deleted, by type of actor.
  package var retention: [String: Int64]
  /// One write of the log in so many takes up to 25 ms.
  package var slowWriteOneIn: UInt64
  /// Kills fall into moments in which something has just been promised.
  package var killsAtPromises: Bool
  /// Leaders are cut off in such moments, one after the other, and while they change the members: so logs diverge.
  package var cutsAtPromises: Bool

  package init(_ random: inout SplitMix64) {
    let isDense = random.chance(oneIn: 2)
    faults = SimulatedFault.allCases.filter { _ in random.chance(oneIn: 2) }
    if faults.count < 8 { faults = SimulatedFault.allCases }
    pause = isDense ? 120_000 : 1_200_000
    spread = isDense ? 900_000 : 2_600_000
    lengthPercent = [30, 100, 100, 250][Int(random.next() % 4)]
    let restarts: [(Int64, UInt64)] = [(2, 40), (60, 1_400), (60, 1_400), (500, 6_000), (3_000, 12_000)]
    (restart, restartSpread) = restarts[Int(random.next() % UInt64(restarts.count))]
    let isQuick = random.chance(oneIn: 2)
    electionTicks = isQuick ? 8 : 20
    heartbeatTicks = isQuick ? 2 : 4
    maxEntriesPerAppend = [1, 3, 64, 64][Int(random.next() % 4)]
    compactionEntries = random.chance(oneIn: 2) ? 15 : 60
    retainedEntries = random.chance(oneIn: 2) ? 5 : 40
    idleMilliseconds = [0, 300, 3_000, 600_000][Int(random.next() % 4)]
    retention = random.chance(oneIn: 2) ? ["interaction": 10_000] : [:]
    slowWriteOneIn = random.chance(oneIn: 2) ? 8 : 200
    killsAtPromises = random.chance(oneIn: 2)
    cutsAtPromises = random.chance(oneIn: 2)
    guard cutsAtPromises else { return }
    faults += Array(repeating: .isolateLeader, count: faults.count / 4)
    if random.chance(oneIn: 2) { maxEntriesPerAppend = 1 }
  }
}
