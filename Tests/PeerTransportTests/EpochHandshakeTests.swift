// A node that a person has had the cluster go on without is refused, told what it needs to know, and by nobody else.
import NIOCore
import PeerTransport
import Testing

@Suite struct EpochHandshakeTests {
  private func identity(_ name: String, epoch: UInt64) -> PeerIdentity {
    var identity = PeerIdentity(cluster: "prod", node: node(name), incarnation: 7, role: .node)
    identity.epoch = epoch
    return identity
  }

  private func admission(_ local: PeerIdentity) -> Admission {
    var admission = Admission(local: local, nodes: [node("north"), node("south")])
    admission.notice = ByteBuffer("notice of \(local.epoch)")
    return admission
  }

  private func refusal(of peer: UInt64, by local: UInt64) -> Rejection? {
    let peer = identity("south", epoch: peer)
    return admission(identity("north", epoch: local)).rejection(
      of: HandshakeMessage.Hello(identity: peer), certificateURIs: [peer.certificateURI], dialed: nil)
  }

  @Test func thoseOfOneEpochMeet() {
    #expect(refusal(of: 1, by: 1) == nil && refusal(of: 9, by: 9) == nil)
  }

  @Test func anEarlierEpochIsRefusedInWords() throws {
    let found = refusal(of: 1, by: 9)
    let refusal = try #require(found)
    #expect(refusal.code == .earlierEpoch && refusal.notice == ByteBuffer("notice of 9"))
    #expect(refusal.words.contains("a person has had the cluster go on without south"))
    #expect(try HandshakeMessage(decoding: HandshakeMessage.reject(refusal).encoded()) == .reject(refusal))
  }

  @Test func aNodeOfAnEarlierEpochTakesNothingFromALaterOne() throws {
    let found = refusal(of: 9, by: 1)
    let refusal = try #require(found)
    #expect(refusal.code == .laterEpoch && refusal.notice == nil)
  }

  /// They take on the epoch of whoever assigns them something.
  @Test func filesThatHoldNothingMeetEverybody() {
    #expect(refusal(of: 0, by: 9) == nil && refusal(of: 9, by: 0) == nil && refusal(of: 0, by: 0) == nil)
  }

  @Test func aClientHasNoEpoch() {
    let client = PeerIdentity(cluster: "prod", node: node("south"), incarnation: 1, role: .client)
    let refusal = admission(identity("north", epoch: 9)).rejection(
      of: HandshakeMessage.Hello(identity: client), certificateURIs: [client.certificateURI], dialed: nil)
    #expect(refusal == nil)
  }

  /// So that what older versions send and read stays as it was; the bytes of later epochs are recorded.
  @Test func onlyLaterEpochsAreOnTheWire() throws {
    func bytes(_ epoch: UInt64) -> ByteBuffer {
      HandshakeMessage.hello(HandshakeMessage.Hello(identity: identity("north", epoch: epoch))).encoded()
    }
    var expected = bytes(1)
    for epoch: UInt64 in [0, 258] {
      var later = expected
      later.writeInteger(epoch)
      #expect(bytes(epoch) == later)
      guard case .hello(let hello) = try HandshakeMessage(decoding: later) else {
        Issue.record("no hello")
        return
      }
      #expect(hello.identity.epoch == epoch)
    }
    // What a version after this one adds is skipped.
    expected.writeInteger(UInt64(258))
    expected.writeString("more")
    guard case .hello(let hello) = try HandshakeMessage(decoding: expected) else {
      Issue.record("no hello")
      return
    }
    #expect(hello.identity.epoch == 258 && hello.identity == identity("north", epoch: 1))
  }

  @Test func theNoticeReachesTheDialer() throws {
    var dialer = ConnectionStateMachine(side: .dialer(node("south")), local: identity("north", epoch: 1))
    let south = identity("south", epoch: 9)
    _ = dialer.secured(certificateURIs: [south.certificateURI])
    var rejection = Rejection(code: .earlierEpoch, words: "no")
    rejection.notice = ByteBuffer("notice")
    let action = dialer.received(
      HandshakeMessage.reject(rejection).encoded(), admission: admission(identity("north", epoch: 1)))
    #expect(action == .close(.refusedByPeer(rejection)))
  }

  /// A node sets its files aside upon this, so the certificate must be that of the node it has dialed.
  @Test func nobodyElseCanSayIt() throws {
    for peer in [
      PeerIdentity(cluster: "prod", node: node("west"), incarnation: 1, role: .node),
      PeerIdentity(cluster: "prod", node: node("south"), incarnation: 1, role: .client),
    ] {
      var dialer = ConnectionStateMachine(side: .dialer(node("south")), local: identity("north", epoch: 1))
      _ = dialer.secured(certificateURIs: [peer.certificateURI])
      let action = dialer.received(
        HandshakeMessage.reject(Rejection(code: .earlierEpoch, words: "no")).encoded(),
        admission: admission(identity("north", epoch: 1)))
      guard case .close(.malformed) = action else {
        Issue.record("\(action)")
        continue
      }
    }
  }
}
