// The bytes of calls: pinned, and harmless when they are another's.
import ActorCluster
import CBOR
import ClusterTestKit
import NIOCore
import NodeStore
import PeerTransport
import Testing

@Suite struct CallFrameTests {
  private static let trace = TraceContext(traceHigh: 1, traceLow: 2, span: 3, flags: 1)
  private static let command = CommandID(session: SessionID(high: 4, low: 5), sequence: 6)

  /// Every kind of frame, with its bytes.
  private static func samples() -> [(frame: CallFrame, bytes: String)] {
    let nodeBound = call(.nodeBound(9), method: 2, timeLeft: 10_000)
    let oneWay = call(.nodeBound(9), method: 2, isOneWay: true)
    let durable = call(
      .durable(id: "a", command: command, firstOutstanding: 3), method: 258, timeLeft: 1, trace: trace)
    return [
      (.call(nodeBound), "1000000000000000004d000200002710" + "0000000000000009" + "a10001"),
      (.call(oneWay), "1001000000000000004d000200000000" + "0000000000000009" + "a10001"),
      (
        .call(durable),
        "1006000000000000004d010200000001" + "000161" + "00000000000000040000000000000005"
          + "0000000000000006" + "0000000000000003" + "00000000000000010000000000000002"
          + "000000000000000301" + "a10001"
      ),
      (.answer(77, .reply([0xF6])), "1100000000000000004df6"),
      (.answer(77, .refused([0x61, 0x78])), "1101000000000000004d6178"),
      (.answer(77, .redirected(to: nil)), "1102000000000000004d"),
      (.answer(77, .redirected(to: NodeID(rawValue: "north"))), "1102000000000000004d6e6f727468"),
      (.answer(77, .failed(.shuttingDown)), "1103000000000000004da16c7368757474696e67446f776ea0"),
      (.cancel(77), "12000000000000004d"), (.credit(77), "13000000000000004d"),
      (.watch(9), "140000000000000009"), (.ended(9), "150000000000000009"),
      (.leading(PartitionID(rawValue: 3), term: 7), "16000000030000000000000007"),
    ]
  }

  private static func call(
    _ target: CallFrame.Call.Target, method: UInt16, timeLeft: UInt32? = nil, isOneWay: Bool = false,
    trace: TraceContext? = nil
  ) -> CallFrame.Call {
    CallFrame.Call(
      call: 77, method: method, timeLeft: timeLeft, isOneWay: isOneWay, target: target, trace: trace,
      argument: ByteBuffer(bytes: [0xA1, 0x00, 0x01]))
  }

  private static func encode(_ frame: CallFrame) -> [UInt8] {
    var out = ByteBuffer()
    switch frame {
    case .call(let call):
      out.writeCall(
        call.call, method: call.method, timeLeft: call.timeLeft ?? 0, isOneWay: call.isOneWay,
        target: call.target, trace: call.trace, argument: Array(call.argument.readableBytesView))
    case .answer(let call, let answer): out.writeAnswer(answer, to: call)
    case .cancel(let call): out.writeCancel(call)
    case .credit(let bytes): out.writeCredit(bytes)
    case .watch(let actor): out.writeWatch(actor)
    case .ended(let actor): out.writeEnded(actor)
    case .leading(let partition, let term): out.writeLeading(partition, term: term)
    }
    return Array(out.readableBytesView)
  }

  @Test func bytesArePinned() throws {
    for (frame, bytes) in Self.samples() {
      #expect(hexadecimal(Self.encode(frame)) == bytes, "\(frame)")
      #expect(try CallFrame(decoding: ByteBuffer(bytes: Self.encode(frame))) == frame)
    }
    #expect(Set(Self.samples().map { Self.encode($0.frame)[0] }) == Set(CallFrame.kinds))
  }

  /// Cut anywhere before its payload a frame is refused.
  @Test func framesThatAreCutShortAreRefused() {
    for (frame, _) in Self.samples() {
      let bytes = Self.encode(frame)
      let payload =
        switch frame {
        case .call: 3
        case .answer: bytes.count - 10
        default: 0
        }
      for length in 0..<(bytes.count - payload) {
        #expect(throws: CallFrameError.self, "\(frame) cut to \(length)") {
          try CallFrame(decoding: ByteBuffer(bytes: bytes[..<length]))
        }
      }
    }
  }

  @Test func aCallSaysThatItMayBeRelayed() throws {
    var out = ByteBuffer()
    out.writeCall(
      7, method: 1, timeLeft: 9, isOneWay: false, mayRelay: true, target: .nodeBound(3), trace: nil,
      argument: [1])
    #expect(Array(out.readableBytesView.prefix(2)) == [0x10, 0x08])
    guard case .call(let call) = try CallFrame(decoding: out) else { return #expect(Bool(false), "no call") }
    #expect(call.mayRelay && !call.isOneWay && call.timeLeft == 9)
  }

  @Test func whatIsUnknownIsRefusedWithWords() {
    for bytes: [UInt8] in [
      [], [1], [15], [22], [0x10, 0x10] + Array(repeating: 0, count: 30),
      [0x11, 9] + Array(repeating: 0, count: 8),
      [0x11, 2] + Array(repeating: 0, count: 8) + Array("../etc".utf8),
    ] {
      let error = #expect(throws: CallFrameError.self) {
        try CallFrame(decoding: ByteBuffer(bytes: bytes))
      }
      #expect(error?.description.isEmpty == false)
    }
  }

  /// Of a newer version, or of a peer that wants this one to wait for ever.
  @Test func errorsOfPeersAreKeptInBounds() throws {
    func failure(_ error: [UInt8]) throws -> ClusterError? {
      let frame = try CallFrame(
        decoding: ByteBuffer(bytes: [0x11, 3] + Array(repeating: 0, count: 8) + error))
      guard case .answer(0, .failed(let error)) = frame else { return nil }
      return error
    }
    for bytes in [[], [0xFF], Array("\u{a1}newer".utf8)] as [[UInt8]] {
      #expect(try failure(bytes)?.isRetryable == true)
    }
    for (delay, bounded) in [(Int.max, 60_000), (.min, 1), (0, 1), (5, 5)] {
      let overloaded = ClusterError.overloaded(what: "x", retryAfterMilliseconds: delay)
      let bytes = try CBOREncoder().encode(overloaded)
      #expect(try failure(bytes)?.retryAfterMilliseconds == bounded)
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func mutatedFramesAreFramesOrRefused(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let samples = Self.samples().map { Self.encode($0.frame) }
    for _ in 0..<2_000 {
      var bytes = random.pick(samples)
      for _ in 0...random.below(4) {
        switch random.below(3) {
        case 0 where !bytes.isEmpty: bytes.removeLast(random.below(bytes.count) / 2)
        case 1: bytes.insert(UInt8(random.below(256)), at: random.below(bytes.count + 1))
        case _ where !bytes.isEmpty:
          bytes[random.below(bytes.count)] = UInt8(random.below(256))
        default: break
        }
      }
      guard let frame = try? CallFrame(decoding: ByteBuffer(bytes: bytes)) else { continue }
      // What was understood is said the same way again, or is an error in another form of the same.
      if case .answer(_, .failed) = frame { continue }
      #expect(Self.encode(frame).count <= bytes.count, "seed \(seed)")
    }
  }
}

@Suite struct CallGreetingTests {
  private let greeting = CallGreeting(
    window: 1 << 20,
    methods: [
      MethodDescription(type: "queue", method: "enqueue", version: 1),
      MethodDescription(type: "queue", method: "enqueue", version: 2),
    ])

  @Test func bytesArePinned() throws {
    let bytes = Array(greeting.encoded().readableBytesView)
    #expect(hexadecimal(Array(bytes[..<21])) == "01001000000002" + "057175657565" + "07656e7175657565")
    #expect(try CallGreeting(decoding: greeting.encoded()) == greeting)
    // A raised version is another method to both sides.
    #expect(greeting.methods[0].hash != greeting.methods[1].hash)
    var newer = greeting.encoded()
    newer.writeString("fields of a later version")
    let understood = try CallGreeting(decoding: newer)
    #expect(understood.methods == greeting.methods && understood.window == greeting.window)
    var relaying = greeting
    relaying.features = CallGreeting.relays
    #expect(Array(relaying.encoded().readableBytesView) == bytes + [1])
    #expect(try CallGreeting(decoding: relaying.encoded()) == relaying)
  }

  @Test func anythingElseIsRefused() {
    let bytes = Array(greeting.encoded().readableBytesView)
    for length in 0..<bytes.count {
      #expect(throws: CallFrameError.self) { try CallGreeting(decoding: ByteBuffer(bytes: bytes[..<length])) }
    }
    #expect(throws: CallFrameError.self) { try CallGreeting(decoding: ByteBuffer(bytes: [2] + bytes[1...])) }
  }

  @Test func whatCannotBeSaidIsNamed() {
    var long = greeting
    long.methods[0].method = String(repeating: "m", count: 256)
    #expect(long.problem?.contains("1 to 255 bytes") == true)
    #expect(greeting.problem == nil)
  }
}

@Suite struct TraceContextTests {
  @Test func headersOfTheStandardAreRead() {
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let trace = TraceContext(traceparent: header)
    #expect(trace?.traceHigh == 0x4bf9_2f35_77b3_4da6)
    #expect(trace?.description == header)
  }

  @Test(arguments: [
    "", "00", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
    "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  ])
  func othersAreNone(header: String) { #expect(TraceContext(traceparent: header) == nil) }
}
