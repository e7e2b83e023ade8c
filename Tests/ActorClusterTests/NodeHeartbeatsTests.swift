// Heartbeats between nodes: a peer counts only while it hears this node.
import ActorCluster
import PeerTransport
import Testing

@Suite struct NodeHeartbeatsTests {
  private let north = NodeID(rawValue: "north")
  private let south = NodeID(rawValue: "south")

  @Test func peersThatHearEachOtherCount() {
    var here = NodeHeartbeats()
    var there = NodeHeartbeats()
    var counts: [Bool] = []
    for _ in 0..<4 {
      _ = there.received(here.next(to: south, led: []), from: north)
      counts.append(here.received(there.next(to: north, led: []), from: south))
    }
    #expect(counts == [true, true, true, true])
  }

  @Test func aPeerThatHearsNothingDoesNotCount() {
    var here = NodeHeartbeats()
    var there = NodeHeartbeats()
    for _ in 0..<3 { _ = there.received(here.next(to: south, led: []), from: north) }
    var counts: [Bool] = []
    for _ in 0..<6 {
      _ = here.next(to: south, led: [])
      counts.append(here.received(there.next(to: north, led: []), from: south))
    }
    #expect(counts == [true, true, true, false, false, false])
  }

  @Test func aNewProcessBeginsAnew() {
    var here = NodeHeartbeats()
    for _ in 0..<9 { _ = here.next(to: south, led: []) }
    here.forget(south)
    var there = NodeHeartbeats()
    let counts = here.received(there.next(to: north, led: []), from: south)
    #expect(!counts)
    let next = here.next(to: south, led: [])
    #expect(next.number == 1)
  }
}
