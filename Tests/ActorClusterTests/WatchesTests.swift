// Who hears of the end of which actor: links that come and go, incarnations, patience.
import ActorCluster
import PeerTransport
import Testing

struct WatchesTests {
  private static let north = NodeID(rawValue: "north")
  private static let patience = Watches<String>.patienceMilliseconds

  private func id(_ number: UInt64, incarnation: UInt64 = 3) -> NodeActorID {
    NodeActorID(node: Self.north, incarnation: incarnation, type: "desk", number: number)
  }

  @Test("Of a restarted node the earlier incarnation's actors have ended; the present one's are watched anew")
  func restartedNode() {
    var watches = Watches<String>()
    _ = watches.add("old", on: id(1, incarnation: 2), unconnectedAt: nil)
    _ = watches.add("second", on: id(9), unconnectedAt: nil)
    _ = watches.add("first", on: id(4), unconnectedAt: nil)
    _ = watches.add("future", on: id(5, incarnation: 4), unconnectedAt: nil)
    let connected = watches.connected(Self.north, incarnation: 3)
    #expect(connected.ended == ["old"])
    #expect(connected.watch == [id(4), id(9)])
    #expect(watches.count == 3)
  }

  @Test("An end is heard by all who watch that actor, once, and by nobody else")
  func ended() {
    var watches = Watches<String>()
    _ = watches.add("a", on: id(1), unconnectedAt: nil)
    _ = watches.add("b", on: id(1), unconnectedAt: nil)
    _ = watches.add("other actor", on: id(2), unconnectedAt: nil)
    _ = watches.add("other incarnation", on: id(1, incarnation: 4), unconnectedAt: nil)
    let first = watches.ended(1, of: Self.north, incarnation: 3)
    let again = watches.ended(1, of: Self.north, incarnation: 3)
    #expect(first == ["a", "b"])
    #expect(again.isEmpty)
    #expect(watches.count == 2)
  }

  @Test("A node that comes back in time ends nothing; one that stays away does, counted from the first loss")
  func patience() {
    var watches = Watches<String>()
    _ = watches.add("a", on: id(1), unconnectedAt: nil)
    watches.disconnected(Self.north, now: 1_000)
    let early = watches.expired(now: 1_000 + Self.patience - 1)
    _ = watches.connected(Self.north, incarnation: 3)
    let connected = watches.expired(now: 1_000 + 10 * Self.patience)
    #expect(early.isEmpty)
    #expect(connected.isEmpty)
    watches.disconnected(Self.north, now: 50_000)
    // Somebody who comes later does not prolong it.
    _ = watches.add("b", on: id(2), unconnectedAt: 50_000 + Self.patience - 1)
    let late = watches.expired(now: 50_000 + Self.patience)
    #expect(late.sorted() == ["a", "b"])
    #expect(watches.count == 0)
  }

  @Test("A node that was never connected has its time, too")
  func neverConnected() {
    var watches = Watches<String>()
    _ = watches.add("a", on: id(1), unconnectedAt: 7_000)
    let early = watches.expired(now: 7_000 + Self.patience - 1)
    let late = watches.expired(now: 7_000 + Self.patience)
    #expect(early.isEmpty)
    #expect(late == ["a"])
  }

  @Test("Who stops to wait hears nothing more, and is taken out once")
  func removed() {
    var watches = Watches<String>()
    let watch = watches.add("a", on: id(1), unconnectedAt: nil)
    let taken = watches.remove(watch, on: id(1))
    let again = watches.remove(watch, on: id(1))
    let ended = watches.ended(1, of: Self.north, incarnation: 3)
    #expect(taken == "a")
    #expect(again == nil)
    #expect(ended.isEmpty)
  }

  @Test("Links that watch an actor here are told of its end once; a lost link is not")
  func others() {
    var watches = Watches<String>()
    watches.watched(1, by: 10)
    watches.watched(1, by: 11)
    watches.watched(1, by: 11)
    watches.watched(2, by: 10)
    watches.lost(10)
    let told = watches.resigned(1)
    let again = watches.resigned(1)
    #expect(told == [11])
    #expect(again.isEmpty)
    #expect(watches.remoteCount == 0)
  }
}
