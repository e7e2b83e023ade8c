// Recorded bytes of every released version of the wire: what old nodes send must be read, what this one sends must be what
// others of its version know.

import NIOCore
import PeerTransport
import Testing

struct WireVersionTests {
  private let north = PeerIdentity(cluster: "prod", node: node("north"), incarnation: 7, role: .node)
  private let south = PeerIdentity(cluster: "prod", node: node("south"), incarnation: 9, role: .node)

  private func bytes(_ hex: String) -> ByteBuffer {
    var out = ByteBuffer()
    var digits = hex.filter { !$0.isWhitespace }[...]
    while !digits.isEmpty {
      out.writeInteger(UInt8(digits.prefix(2), radix: 16) ?? 0)
      digits = digits.dropFirst(2)
    }
    return out
  }

  private func admission(of local: PeerIdentity) -> Admission {
    Admission(local: local, nodes: [node("north"), node("south")])
  }

  // Version 1: a hello and a confirmation, without the length before each.
  private let hello1 = "53574250 01 0001 0001 01 0000000000000009 04 70726f64 05 736f757468"
  private let ready1 = "53574250 02"

  @Test func aNodeOfVersion1IsReadAndRefusedInWordsThatItReads() throws {
    let hello = HandshakeMessage.hello(.init(versions: 1...1, identity: south))
    #expect(try HandshakeMessage(decoding: bytes(hello1)) == hello)
    #expect(hello.encoded() == bytes(hello1))
    #expect(try HandshakeMessage(decoding: bytes(ready1)) == .ready(greeting: ByteBuffer()))
    var acceptor = ConnectionStateMachine(side: .acceptor, local: north)
    _ = acceptor.secured(certificateURIs: [south.certificateURI])
    let answer = acceptor.received(bytes(hello1), admission: admission(of: north))
    let words = "north speaks protocol version 2, south speaks version 1: upgrade the older one"
    #expect(answer == .refuse(Rejection(code: .version, words: words)))
    var dialer = ConnectionStateMachine(side: .dialer(node("south")), local: north)
    _ = dialer.secured(certificateURIs: [south.certificateURI])
    let met = dialer.received(bytes(hello1), admission: admission(of: north))
    #expect(met == .refuse(Rejection(code: .version, words: words)))
    // The bytes of a refusal are the same in both versions.
    let refusal = HandshakeMessage.reject(Rejection(code: .version, words: "no"))
    #expect(refusal.encoded() == bytes("53574250 03 0001 0002 6e6f"))
  }

  /// What the dialer of version 2 says first must fit what version 1 takes, or there are no words.
  @Test func theFirstHelloIsShortHoweverLongTheGreeting() throws {
    var dialer = ConnectionStateMachine(
      side: .dialer(node("south")), local: north, greeting: ByteBuffer(repeating: 1, count: 64 << 10))
    let first = dialer.secured(certificateURIs: [south.certificateURI])
    guard case .send(let hello) = first else {
      Issue.record("\(first)")
      return
    }
    #expect(hello.encoded().readableBytes <= 1024)
  }

  // Version 2: a whole handshake (north dials south), and pieces.
  private let hello2 = "53574250 01 0002 0002 01 0000000000000007 04 70726f64 05 6e6f727468 00000000"
  private let answer2 = "53574250 01 0002 0002 01 0000000000000009 04 70726f64 05 736f757468 00000003 616263"
  private let ready2 = "53574250 02 00000002 7879"
  private let pieces2 =
    "30000009 01 0000000000000001" + "a0000003 666f6f" + "c0000002 6261" + "60000001 76" + "e0000001 72"
    + "20000000"

  @Test func aHandshakeOfVersion2IsAsRecorded() throws {
    var dialer = ConnectionStateMachine(
      side: .dialer(node("south")), local: north, greeting: ByteBuffer("xy"))
    var acceptor = ConnectionStateMachine(side: .acceptor, local: south, greeting: ByteBuffer("abc"))
    let first = dialer.secured(certificateURIs: [south.certificateURI])
    guard case .send(let hello) = first else {
      Issue.record("\(first)")
      return
    }
    #expect(hello.encoded() == bytes(hello2))
    _ = acceptor.secured(certificateURIs: [north.certificateURI])
    let second = acceptor.received(bytes(hello2), admission: admission(of: south))
    guard case .answer(let answer) = second else {
      Issue.record("\(second)")
      return
    }
    #expect(answer.encoded() == bytes(answer2))
    let third = dialer.received(bytes(answer2), admission: admission(of: north))
    guard case .establish(let southern, .some(let ready)) = third else {
      Issue.record("\(third)")
      return
    }
    #expect(southern == .init(peer: south, greeting: ByteBuffer("abc"), version: 2))
    #expect(ready.encoded() == bytes(ready2))
    let last = acceptor.received(bytes(ready2), admission: admission(of: south))
    #expect(last == .establish(.init(peer: north, greeting: ByteBuffer("xy"), version: 2), sendFirst: nil))
  }

  // Since epochs: one that is not the first ends the hello; the refusal of an earlier one carries a notice.
  private let laterHello2 =
    "53574250 01 0002 0002 01 0000000000000009 04 70726f64 05 736f757468 00000003 616263 0000000000000102"
  private let earlierEpoch2 = "53574250 03 0009 0002 6e6f 00000003 616263"

  @Test func epochsAreAsRecorded() throws {
    var later = south
    later.epoch = 258
    let hello = HandshakeMessage.hello(.init(identity: later, greeting: ByteBuffer("abc")))
    #expect(hello.encoded() == bytes(laterHello2))
    guard case .hello(let read) = try HandshakeMessage(decoding: bytes(laterHello2)) else {
      Issue.record("no hello")
      return
    }
    #expect(read.identity.epoch == 258)
    var refusal = Rejection(code: .earlierEpoch, words: "no")
    refusal.notice = ByteBuffer("abc")
    #expect(HandshakeMessage.reject(refusal).encoded() == bytes(earlierEpoch2))
    #expect(try HandshakeMessage(decoding: bytes(earlierEpoch2)) == .reject(refusal))
  }

  @Test func piecesOfVersion2AreAsRecorded() throws {
    var decoder = PieceDecoder(limits: TransportLimits().frameBytes)
    decoder.append(bytes(pieces2))
    var outputs: [PieceDecoder.Output] = []
    while let next = try decoder.next() { outputs.append(next) }
    #expect(
      outputs == [
        .link(bytes("01 0000000000000001")), .frame(ByteBuffer("foo"), .calls),
        .frame(ByteBuffer("v"), .consensus),
        .frame(ByteBuffer("bar"), .bulk), .frame(ByteBuffer(), .control),
      ])
    let limits = TransportLimits()
    let outbox = Outbox(limits: limits.outboundBytes, frameLimits: limits.frameBytes) {}
    #expect(outbox.put(.ping(1)))
    #expect(outbox.put(ByteBuffer("foo"), .calls) == .queued)
    #expect(outbox.put(ByteBuffer(), .control) == .queued)
    let vote = outbox.put(.consensus) { $0.writeString("v") }
    #expect(vote == .queued)
    var batch: [ByteBuffer] = []
    var spare = ByteBuffer()
    _ = outbox.take(1 << 20, into: &batch, spare: &spare)
    let written = batch.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    #expect(written == bytes("30000009 01 0000000000000001" + "20000000" + "60000001 76" + "a0000003 666f6f"))
    // A frame over 16 KiB is pieces of 16 KiB and a rest.
    #expect(outbox.put(ByteBuffer(repeating: 0x61, count: 16_385), .bulk) == .queued)
    batch = []
    _ = outbox.take(1 << 20, into: &batch, spare: &spare)
    #expect(batch.map(\.readableBytes) == [4, 16_384, 4, 1])
    #expect(batch[0] == bytes("c0004000") && batch[2] == bytes("e0000001"))
  }
}
