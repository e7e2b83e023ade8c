// The protocol of one connection without sockets: event in, action out.

import NIOCore
import PeerTransport
import Testing

struct ConnectionStateMachineTests {
  private let north = PeerIdentity(cluster: "c", node: node("north"), incarnation: 3, role: .node)
  private let south = PeerIdentity(cluster: "c", node: node("south"), incarnation: 5, role: .node)
  private let tool = PeerIdentity(cluster: "c", node: node("tool"), incarnation: 1, role: .client)
  private let data = ByteBuffer("data")

  private func admission(of local: PeerIdentity) -> Admission {
    Admission(local: local, nodes: [node("north"), node("south")])
  }
  private func hello(_ identity: PeerIdentity, greeting: String = "") -> ByteBuffer {
    HandshakeMessage.hello(.init(identity: identity, greeting: ByteBuffer(greeting))).encoded()
  }
  private var ready: ByteBuffer { HandshakeMessage.ready(greeting: ByteBuffer()).encoded() }
  private func acceptor(_ local: PeerIdentity) -> ConnectionStateMachine {
    ConnectionStateMachine(side: .acceptor, local: local, greeting: ByteBuffer("from \(local.node)"))
  }
  private func dialer(_ local: PeerIdentity, to name: String) -> ConnectionStateMachine {
    ConnectionStateMachine(
      side: .dialer(node(name)), local: local, greeting: ByteBuffer("from \(local.node)"))
  }

  @Test func twoNodesGreetEachOtherAndOnlyTheDialerSends() {
    var dialing = dialer(north, to: "south")
    var accepting = acceptor(south)
    var limits = [dialing.greetingLimit, accepting.greetingLimit]
    let first = dialing.secured(certificateURIs: [south.certificateURI])
    #expect(first == .send(.hello(.init(identity: north))))
    let wait = accepting.secured(certificateURIs: [north.certificateURI])
    #expect(wait == .wait)
    let answer = accepting.received(hello(north), admission: admission(of: south))
    #expect(answer == .answer(.hello(.init(identity: south, greeting: ByteBuffer("from south")))))
    // Each may now say more: it knows whom it talks to.
    limits += [dialing.greetingLimit, accepting.greetingLimit]
    let opened = dialing.received(
      hello(south, greeting: "from south"), admission: admission(of: north))
    let confirmation = HandshakeMessage.ready(greeting: ByteBuffer("from north"))
    #expect(
      opened
        == .establish(
          .init(peer: south, greeting: ByteBuffer("from south"), version: 2), sendFirst: confirmation))
    let confirmed = accepting.received(confirmation.encoded(), admission: admission(of: south))
    #expect(
      confirmed
        == .establish(.init(peer: north, greeting: ByteBuffer("from north"), version: 2), sendFirst: nil))
    #expect(limits == [1024, 1024, 1024 + 65_536, 1024 + 65_536])
    let directions = [dialing.carriesFramesIn, accepting.carriesFramesIn]
    #expect(directions == [false, true])
    let late = accepting.handshakeTimedOut()
    #expect(late == .ignore)
    let again = dialing.received(hello(south), admission: admission(of: north))
    #expect(again == .close(.malformed("a greeting after the end of the handshake")))
    let after = dialing.received(data, admission: admission(of: north))
    #expect(after == .ignore)
  }

  @Test func aClientReceivesOnTheConnectionItDialed() {
    var dialing = dialer(tool, to: "north")
    _ = dialing.secured(certificateURIs: [north.certificateURI])
    _ = dialing.received(hello(north), admission: admission(of: tool))
    let carries = dialing.carriesFramesIn
    #expect(carries)
  }

  @Test func eachFailureIsReportedOnce() {
    var machine = acceptor(north)
    _ = machine.secured(certificateURIs: [south.certificateURI])
    let first = machine.failed(.network("cut"))
    let second = machine.failed(.closedByPeer)
    let third = machine.handshakeTimedOut()
    let secured = machine.secured(certificateURIs: [])
    #expect(first == .close(.network("cut"), established: nil))
    #expect(second == .ignore && third == .ignore && secured == .ignore)

    var done = acceptor(north)
    _ = done.secured(certificateURIs: [south.certificateURI])
    _ = done.received(hello(south), admission: admission(of: north))
    _ = done.received(ready, admission: admission(of: north))
    let closed = done.failed(.closedByPeer)
    #expect(closed == .close(.closedByPeer, established: south))
  }

  @Test func theHandshakeTimesOutInEveryStateBeforeItsEnd() {
    for steps in 0...2 {
      var machine = acceptor(north)
      if steps > 0 { _ = machine.secured(certificateURIs: [south.certificateURI]) }
      if steps > 1 { _ = machine.received(hello(south), admission: admission(of: north)) }
      let action = machine.handshakeTimedOut()
      #expect(action == .close(.handshakeTimeout, established: nil))
    }
  }

  @Test func messagesOutOfOrderCloseTheConnection() {
    var early = acceptor(north)
    let beforeTLS = early.received(hello(south), admission: admission(of: north))
    #expect(beforeTLS == .close(.malformed("a frame before the end of the TLS handshake")))

    var twice = acceptor(north)
    _ = twice.secured(certificateURIs: [south.certificateURI])
    _ = twice.received(hello(south), admission: admission(of: north))
    let second = twice.received(hello(south), admission: admission(of: north))
    #expect(second == .close(.malformed("a second hello")))

    var data = acceptor(north)
    _ = data.secured(certificateURIs: [south.certificateURI])
    let opaque = data.received(self.data, admission: admission(of: north))
    guard case .refuse(let rejection) = opaque else {
      Issue.record("\(opaque)")
      return
    }
    #expect(rejection.code == .malformed)

    var rejected = dialer(north, to: "south")
    _ = rejected.secured(certificateURIs: [south.certificateURI])
    let words = Rejection(code: .cluster, words: "no")
    let told = rejected.received(HandshakeMessage.reject(words).encoded(), admission: admission(of: north))
    #expect(told == .close(.refusedByPeer(words)))
  }

  @Test func admissionBelievesNobody() {
    func judge(
      _ hello: HandshakeMessage.Hello, uris: [String], dialed: String? = nil, highest: UInt64? = nil,
      room: Bool = true
    ) -> Rejection.Code? {
      var admission = admission(of: north)
      if let highest { admission.highestIncarnation[hello.identity.node] = highest }
      admission.hasRoomForClients = room
      return admission.rejection(of: hello, certificateURIs: uris, dialed: dialed.map(node))?.code
    }
    let good = HandshakeMessage.Hello(identity: south)
    #expect(judge(good, uris: [south.certificateURI]) == nil)
    #expect(judge(good, uris: [south.certificateURI], dialed: "south", highest: 5) == nil)
    #expect(judge(good, uris: []) == .certificate)
    #expect(judge(good, uris: [north.certificateURI]) == .certificate)
    #expect(judge(good, uris: [south.certificateURI, north.certificateURI]) == .certificate)
    #expect(judge(good, uris: [south.certificateURI], dialed: "west") == .wrongNode)
    #expect(judge(good, uris: [south.certificateURI], highest: 6) == .staleIncarnation)
    #expect(judge(.init(versions: 1...1, identity: south), uris: [south.certificateURI]) == .version)
    #expect(judge(.init(versions: 1...9, identity: south), uris: [south.certificateURI]) == nil)
    #expect(judge(.init(identity: north), uris: [north.certificateURI]) == .unknownNode)
    #expect(judge(.init(identity: tool), uris: [tool.certificateURI], room: false) == .tooManyClients)
    #expect(judge(.init(identity: tool), uris: [tool.certificateURI], highest: 9) == nil)
    #expect(judge(.init(identity: tool), uris: [tool.certificateURI], dialed: "tool") == .wrongNode)
  }
}
