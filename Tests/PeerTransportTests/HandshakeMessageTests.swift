// The bytes of the greetings: golden vectors, round trips, and input that is none.

import NIOCore
import PeerTransport
import Testing

struct HandshakeMessageTests {
  private let north = PeerIdentity(
    cluster: "prod", node: node("north"), incarnation: 0x0102_0304_0506_0708, role: .node)

  /// These bytes are a promise to other versions: a change here needs a new protocol version.
  @Test func theBytesAreAsWritten() {
    let hello = HandshakeMessage.hello(.init(versions: 2...3, identity: north))
    #expect(
      Array(hello.encoded().readableBytesView)
        == [0x53, 0x57, 0x42, 0x50, 1, 0, 3, 0, 2, 1, 1, 2, 3, 4, 5, 6, 7, 8, 4] + Array("prod".utf8) + [5]
        + Array("north".utf8) + [0, 0, 0, 0])
    #expect(
      Array(HandshakeMessage.ready(greeting: ByteBuffer("hi")).encoded().readableBytesView)
        == [0x53, 0x57, 0x42, 0x50, 2, 0, 0, 0, 2, 0x68, 0x69])
    let reject = HandshakeMessage.reject(Rejection(code: .cluster, words: "no"))
    #expect(Array(reject.encoded().readableBytesView) == [0x53, 0x57, 0x42, 0x50, 3, 0, 2, 0, 2, 0x6e, 0x6f])
  }

  @Test func whatIsEncodedIsDecodedAndLaterVersionsMayAddBytes() throws {
    var client = north
    client.role = .client
    client.incarnation = .max
    for message in [
      HandshakeMessage.hello(.init(identity: north)), .hello(.init(versions: 1...65535, identity: client)),
      .hello(.init(identity: north, greeting: ByteBuffer(repeating: 7, count: 64 << 10))),
      .ready(greeting: ByteBuffer()), .ready(greeting: ByteBuffer("hello there")),
      .reject(Rejection(code: .init(rawValue: 999), words: "grüße")),
      .reject(Rejection(code: .version, words: "")),
    ] {
      var bytes = message.encoded()
      #expect(try HandshakeMessage(decoding: bytes) == message)
      bytes.writeString("later")
      #expect(try HandshakeMessage(decoding: bytes) == message)
    }
  }

  @Test func aGreetingOverItsLimitIsMalformedBeforeItComes() {
    var bytes = HandshakeMessage.ready(greeting: ByteBuffer()).encoded()
    bytes.setInteger(UInt32(65_537), at: bytes.writerIndex - 4)
    bytes.writeRepeatingByte(0, count: 65_537)
    #expect(throws: HandshakeMessage.Malformed.self) { try HandshakeMessage(decoding: bytes) }
  }

  @Test func everyTruncationIsMalformed() {
    for message in [
      HandshakeMessage.hello(.init(identity: north, greeting: ByteBuffer("hi"))),
      .ready(greeting: ByteBuffer("hi")), .reject(Rejection(code: .cluster, words: "words")),
    ] {
      let bytes = message.encoded()
      // Version 1 had no greeting, so a message may end before it.
      var ends: Set<Int> = []
      if case .reject = message {} else { ends = [bytes.readableBytes - 6] }
      for length in 0..<bytes.readableBytes where !ends.contains(length) {
        let part = bytes.getSlice(at: 0, length: length) ?? ByteBuffer()
        #expect(throws: HandshakeMessage.Malformed.self) { try HandshakeMessage(decoding: part) }
      }
    }
  }

  @Test(arguments: [UInt64(1), 2, 3]) func damagedBytesNeverTrapAndNeverSmuggleNames(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<5_000 {
      var bytes = Array(HandshakeMessage.hello(.init(identity: north)).encoded().readableBytesView)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 4..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if case .hello(let hello) = try? HandshakeMessage(decoding: ByteBuffer(bytes: bytes)) {
        #expect(hello.identity.node.isValid && node(hello.identity.cluster).isValid, "seed \(seed): \(bytes)")
      }
    }
  }

  @Test func rejectionsCannotForgeLogLines() throws {
    let evil = HandshakeMessage.reject(
      Rejection(code: .cluster, words: "no\nWARNING forged \u{1b}[31m\u{202e}"))
    #expect(
      try HandshakeMessage(decoding: evil.encoded())
        == .reject(Rejection(code: .cluster, words: "noWARNING forged [31m")))
  }
}
