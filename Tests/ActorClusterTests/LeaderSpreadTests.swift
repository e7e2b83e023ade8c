// Leaders are spread again without a storm.
import ActorCluster
import NodeStore
import PeerTransport
import Testing

@Suite struct LeaderSpreadTests {
  private let south = NodeID(rawValue: "south")
  private let zero = PartitionID(rawValue: 0)
  private let one = PartitionID(rawValue: 1)

  @Test func leadershipsGoOneAtATime() {
    var spread = LeaderSpread()
    #expect(spread.isDue(at: 0))
    spread.handed(zero, to: south, upSince: 0, at: 1_000)
    #expect(!spread.isDue(at: 1_249))
    #expect(spread.isDue(at: 1_250))
    #expect(spread.mayHand(one, to: south, upSince: 0, at: 1_250), "each partition is on its own")
  }

  /// A node whose replica is quarantined gives back what it gets, each time.
  @Test func whatComesBackAgainAndAgainIsLeftAloneLongerEachTime() {
    var spread = LeaderSpread()
    var times: [Int64] = []
    for now: Int64 in stride(from: 0, to: 4 * 3_600_000, by: 1_000)
    where spread.mayHand(zero, to: south, upSince: 0, at: now) {
      spread.handed(zero, to: south, upSince: 0, at: now)
      times.append(now / 1_000)
    }
    #expect(times == [0, 30, 90, 210, 450, 930, 1_890, 3_810, 7_650, 11_490])
  }

  @Test func anotherNodeOrAnotherStartBeginsAnew() {
    var spread = LeaderSpread()
    spread.handed(zero, to: south, upSince: 0, at: 10_000)
    spread.handed(zero, to: south, upSince: 0, at: 40_000)
    #expect(!spread.mayHand(zero, to: south, upSince: 0, at: 80_000))
    #expect(spread.mayHand(zero, to: NodeID(rawValue: "west"), upSince: 0, at: 80_000))
    #expect(spread.mayHand(zero, to: south, upSince: 60_000, at: 80_000), "it has started again")
  }

  @Test func whatWasKeptForLongDidNotComeBack() {
    var spread = LeaderSpread()
    spread.handed(zero, to: south, upSince: 0, at: 0)
    spread.handed(zero, to: south, upSince: 0, at: 30_000)
    // Four times its pause later it goes as if for the first time.
    spread.handed(zero, to: south, upSince: 0, at: 270_000)
    #expect(!spread.mayHand(zero, to: south, upSince: 0, at: 299_999))
    #expect(spread.mayHand(zero, to: south, upSince: 0, at: 300_000))
  }
}
