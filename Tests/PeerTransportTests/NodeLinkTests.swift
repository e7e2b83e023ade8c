// The pair of connections between two nodes: one link's rules, and two links against each other over a
// network that loses connections at the worst times.

import PeerTransport
import Testing

struct NodeLinkTests {
  private let backoff = Backoff(minimum: .milliseconds(20), maximum: .seconds(2))
  private func south(_ incarnation: UInt64 = 1) -> PeerIdentity {
    PeerIdentity(cluster: "c", node: node("south"), incarnation: incarnation, role: .node)
  }

  /// A link that is up: dialed as 1, accepted as 2.
  private func up() -> NodeLink {
    var link = NodeLink(isMutual: true, backoff: backoff)
    #expect(link.start(next: 1) == [.dial(1)])
    #expect(link.accepted(2, peer: south(), now: .zero, next: 90, random: 0) == [])
    #expect(link.opened(1, peer: south()) == [.announce(south(), sendOn: 1)])
    return link
  }

  @Test(arguments: [(lost: ConnectionID(1), other: ConnectionID(2)), (lost: 2, other: 1)])
  func theFirstConnectionToCloseEndsTheLinkOnce(lost: ConnectionID, other: ConnectionID) {
    var link = up()
    let actions = link.closed(lost, reason: .closedByPeer, now: .seconds(1), next: 3, random: 0)
    #expect(actions.first == .withdraw(south(), .closedByPeer))
    #expect(actions.contains(.close(other, .closedByPeer)) && actions.last == .dial(3))
    #expect(link.closed(other, reason: .closedByPeer, now: .seconds(1), next: 4, random: 0) == [])
    // Refused is said once, then the pauses grow.
    let first = link.dialFailed(3, refused: true, next: 5, random: 0)
    #expect(first == [.refused, .schedule(5, after: .milliseconds(10))])
    #expect(link.timerFired(4) == [] && link.timerFired(5) == [.dial(5)])
    #expect(
      link.dialFailed(5, refused: true, next: 6, random: 1024) == [.schedule(6, after: .milliseconds(40))])
    // The peer's call ends the pause, and the old timer means nothing.
    #expect(link.accepted(7, peer: south(2), now: .seconds(2), next: 8, random: 0) == [.dial(8)])
    #expect(link.timerFired(6) == [])
    #expect(link.opened(8, peer: south(2)) == [.announce(south(2), sendOn: 8)])
  }

  @Test func refusedIsOnlyForLostLinks() {
    var link = NodeLink(isMutual: true, backoff: backoff)
    _ = link.start(next: 1)
    #expect(link.dialFailed(1, refused: true, next: 2, random: 0) == [.schedule(2, after: .milliseconds(10))])
  }

  @Test func aHigherIncarnationReplacesTheLink() {
    var link = up()
    let actions = link.accepted(5, peer: south(2), now: .seconds(1), next: 6, random: 0)
    #expect(
      actions == [.close(2, .replaced), .withdraw(south(), .replaced), .close(1, .replaced), .dial(6)])
    // The news that the old connections are closed comes late.
    #expect(link.closed(1, reason: .closedByPeer, now: .seconds(1), next: 7, random: 0) == [])
    #expect(link.closed(2, reason: .closedByPeer, now: .seconds(1), next: 7, random: 0) == [])
    #expect(link.opened(6, peer: south(2)) == [.announce(south(2), sendOn: 6)])
  }

  @Test func connectionsToDifferentIncarnationsAreNoLink() {
    var link = NodeLink(isMutual: true, backoff: backoff)
    _ = link.start(next: 1)
    #expect(link.accepted(2, peer: south(1), now: .zero, next: 9, random: 0) == [])
    #expect(link.opened(1, peer: south(2)) == [.close(2, .replaced)])
    #expect(link.announced == nil)
    #expect(
      link.accepted(3, peer: south(2), now: .zero, next: 9, random: 0) == [.announce(south(2), sendOn: 1)])
  }

  @Test func anOlderIncarnationThatAnswersLateMakesNoLink() {
    var link = NodeLink(isMutual: true, backoff: backoff)
    _ = link.start(next: 1)
    #expect(link.accepted(2, peer: south(2), now: .zero, next: 9, random: 0) == [])
    #expect(link.opened(1, peer: south(1)) == [])
    #expect(link.announced == nil)
  }

  @Test func aLinkThatBreaksAgainAtOnceWaits() {
    var link = up()
    #expect(link.closed(1, reason: .closedByPeer, now: .seconds(1), next: 3, random: 0).last == .dial(3))
    _ = link.accepted(4, peer: south(), now: .seconds(1), next: 90, random: 0)
    _ = link.opened(3, peer: south())
    let again = link.closed(
      3, reason: .closedByPeer, now: .seconds(1) + .milliseconds(50), next: 5, random: 0)
    #expect(again.last == .schedule(5, after: .milliseconds(10)))
  }

  @Test func aClientsLinkIsOneConnection() {
    var link = NodeLink(isMutual: false, backoff: backoff)
    _ = link.start(next: 1)
    #expect(link.opened(1, peer: south()) == [.announce(south(), sendOn: 1)])
    #expect(
      link.closed(1, reason: .closedByPeer, now: .zero, next: 2, random: 0).first
        == .withdraw(south(), .closedByPeer))
  }

  @Test func stopEndsEverything() {
    var link = up()
    #expect(link.stop() == [.withdraw(south(), .stopped), .close(1, .stopped), .close(2, .stopped)])
    #expect(link.closed(1, reason: .closedByPeer, now: .zero, next: 3, random: 0) == [])
    #expect(link.stop() == [])
  }

  @Test func theBackoffGrowsToItsMaximumWithJitter() {
    var backoff = backoff
    var random = SplitMix64(seed: 5)
    var ceiling = Duration.milliseconds(20)
    for _ in 0..<100 {
      let pause = backoff.next(random: random.next())
      #expect(pause >= ceiling / 2 - .microseconds(20) && pause <= ceiling)
      ceiling = min(ceiling * 2, .seconds(2))
    }
    backoff.reset()
    #expect(backoff.next(random: 1024) <= .milliseconds(20))
  }

  /// The two ends of a link, with connections that die at random, where each end hears of it in its own
  /// time. When the network stops failing, both must agree, within a few seconds, and stay so: two nodes
  /// must not cut each other's links for ever.
  @Test(arguments: Array(UInt64(1)...200)) func twoNodesAlwaysComeTogether(seed: UInt64) {
    var world = TwoNodes(seed: seed)
    world.run(until: .seconds(5), failing: true)
    world.run(until: .seconds(12), failing: false)
    #expect(world.problem == nil, "seed \(seed)")
    #expect(world.isUp, "seed \(seed): \(world.state)")
    let before = world.changes
    world.run(until: .seconds(60), failing: false)
    #expect(world.changes == before && world.isUp && world.problem == nil, "seed \(seed): not at rest")
  }
}
