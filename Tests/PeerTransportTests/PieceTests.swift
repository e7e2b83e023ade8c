// Pieces on the wire: golden bytes, any cut of the stream, and what no peer may send.

import NIOCore
import PeerTransport
import Testing

struct PieceTests {
  private let limits = TransportLimits().frameBytes

  private func outputs(_ bytes: [UInt8], limits: LaneBytes? = nil) throws -> [PieceDecoder.Output] {
    var decoder = PieceDecoder(limits: limits ?? self.limits)
    decoder.append(ByteBuffer(bytes: bytes))
    var found: [PieceDecoder.Output] = []
    while let next = try decoder.next() { found.append(next) }
    return found
  }

  /// These bytes are a promise to other versions: a change here needs a new protocol version.
  @Test func theBytesAreAsWritten() throws {
    let calls: [UInt8] = [0xa0, 0, 0, 2, 7, 8]
    #expect(try outputs(calls) == [.frame(ByteBuffer(bytes: [7, 8]), .calls)])
    let headers: [(PieceHeader, UInt32)] = [
      (PieceHeader(lane: .control, isLast: true, length: 0), 0x2000_0000),
      (PieceHeader(lane: .consensus, isLast: true, length: 255), 0x6000_00ff),
      (PieceHeader(lane: .bulk, isLast: false, length: 16_384), 0xc000_4000),
      (PieceHeader(lane: .control, isLast: true, isLink: true, length: 9), 0x3000_0009),
    ]
    for (header, bits) in headers {
      #expect(header.bits == bits)
      #expect(try PieceHeader(decoding: bits) == header)
    }
    var out = ByteBuffer()
    LinkMessage.ping(0x0102).write(to: &out)
    LinkMessage.pong(3).write(to: &out)
    let messages: [UInt8] = [
      0x30, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0, 1, 2, 0x30, 0, 0, 9, 2, 0, 0, 0, 0, 0, 0, 0, 3,
    ]
    #expect(Array(out.readableBytesView) == messages)
    let decoded = try outputs(messages).map { output -> LinkMessage? in
      if case .link(let payload) = output { LinkMessage(decoding: payload) } else { nil }
    }
    #expect(decoded == [.ping(0x0102), .pong(3)])
  }

  @Test func aFrameIsTheConcatenationOfItsLanesPieces() throws {
    // Two pieces of a bulk frame with a control frame, a message and a call between them.
    let bytes: [UInt8] =
      [0xc0, 0, 0, 2, 1, 2] + [0x20, 0, 0, 1, 9] + [0x30, 0, 0, 1, 5] + [0xa0, 0, 0, 0] + [0xe0, 0, 0, 1, 3]
    #expect(
      try outputs(bytes) == [
        .frame(ByteBuffer(bytes: [9]), .control), .link(ByteBuffer(bytes: [5])), .frame(ByteBuffer(), .calls),
        .frame(ByteBuffer(bytes: [1, 2, 3]), .bulk),
      ])
  }

  @Test func whatNoPeerMaySend() {
    func refused(_ bytes: [UInt8]) -> PieceViolation? {
      do {
        _ = try outputs(bytes, limits: LaneBytes(control: 10, consensus: 10, calls: 10, bulk: 10))
        return nil
      } catch {
        return error as? PieceViolation
      }
    }
    #expect(refused([0xa0, 0, 0x40, 1]) == .pieceTooLong(length: 16_385))
    #expect(refused([0xff, 0xff, 0xff, 0xff]) == .reservedBits(0xffff_ffff))
    for bit in 0..<4 {
      #expect(refused([0xa0 | 1 << bit, 0, 0, 1]) == .reservedBits(0xa000_0001 | 1 << (24 + bit)))
    }
    #expect(refused([0x80, 0, 0, 0]) == .emptyPiece)
    #expect(refused([0xb0, 0, 0, 9]) == .misplacedLinkMessage)
    #expect(refused([0x10, 0, 0, 9]) == .misplacedLinkMessage)
    #expect(refused([0xa0, 0, 0, 11]) == .frameTooLong(length: 11, limit: 10))
    // Before the piece that is too much has come.
    #expect(
      refused([0x80, 0, 0, 6, 1, 2, 3, 4, 5, 6, 0xa0, 0, 0, 5]) == .frameTooLong(length: 11, limit: 10))
    #expect(refused([0x80, 0, 0, 6, 1, 2, 3, 4, 5, 6, 0xa0, 0, 0, 4]) == nil)
  }

  @Test(arguments: Array(UInt64(1)...12)) func anyCutGivesTheSameFramesInEveryLane(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let limits = LaneBytes(control: 60_000, consensus: 60_000, calls: 60_000, bulk: 60_000)
    var expected: [Lane: [ByteBuffer]] = [:]
    // An outbox makes the bytes, so that this is also a round trip.
    let outbox = Outbox(
      limits: LaneBytes(control: 9 << 20, consensus: 9 << 20, calls: 9 << 20, bulk: 9 << 20),
      frameLimits: limits
    ) {}
    for number in 0..<80 {
      let lane = Lane.allCases[Int.random(in: 0...3, using: &random)]
      let size = Int.random(
        in: 0...([8, 8, 5_000, 60_000].randomElement(using: &random) ?? 0), using: &random)
      let frame = ByteBuffer(repeating: UInt8(number), count: size)
      if Bool.random(using: &random) {
        #expect(outbox.put(frame, lane) == .queued)
      } else {
        let outcome = outbox.put(lane) { $0.writeImmutableBuffer(frame) }
        #expect(outcome == .queued)
      }
      expected[lane, default: []].append(frame)
    }
    var stream = ByteBuffer()
    var batch: [ByteBuffer] = []
    var spare = ByteBuffer()
    while outbox.take(Int.random(in: 1...100_000, using: &random), into: &batch, spare: &spare) > 0 {}
    for buffer in batch { stream.writeImmutableBuffer(buffer) }
    #expect(outbox.figures.queued == LaneBytes() && outbox.figures.framesSent == 80)
    #expect(outbox.figures.bytesSent == UInt64(stream.readableBytes))
    var decoder = PieceDecoder(limits: limits)
    var found: [Lane: [ByteBuffer]] = [:]
    while stream.readableBytes > 0 {
      let size = min(stream.readableBytes, Int.random(in: 1...30_000, using: &random))
      let slice = stream.readSlice(length: size) ?? ByteBuffer()
      decoder.append(Bool.random(using: &random) ? slice : ByteBuffer(bytes: slice.readableBytesView))
      while let output = try decoder.next() {
        guard case .frame(let frame, let lane) = output else {
          Issue.record("seed \(seed): \(output)")
          return
        }
        found[lane, default: []].append(frame)
      }
      #expect(decoder.pendingBytes <= 4 * 60_000 + 16_388, "seed \(seed)")
    }
    #expect(found == expected, "seed \(seed)")
    #expect(decoder.pendingBytes == 0)
  }

  @Test(arguments: [UInt64(1), 2, 3]) func randomBytesNeverTrapAndNeverGrowMemory(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let limits = LaneBytes(control: 100, consensus: 1_000, calls: 1_000, bulk: 1_000)
    for _ in 0..<3_000 {
      var decoder = PieceDecoder(limits: limits)
      for _ in 0..<8 {
        var bytes = (0..<Int.random(in: 1...40, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        // Headers that are nearly right get further.
        if bytes.count > 3 { bytes.replaceSubrange(0..<3, with: [bytes[0] & 0xf0, 0, 0]) }
        decoder.append(ByteBuffer(bytes: bytes))
        do {
          while try decoder.next() != nil {}
        } catch { break }
        #expect(decoder.pendingBytes <= 3_100 + 16_388)
      }
    }
  }

  @Test func aMillionTinyFramesLeaveNothingBehind() throws {
    var decoder = PieceDecoder(limits: limits)
    var random = SplitMix64(seed: 5)
    var count = 0
    var read = ByteBuffer()
    while count < 1_000_000 {
      read.clear()
      for _ in 0..<Int.random(in: 1...5_000, using: &random) {
        read.writeInteger(PieceHeader(lane: .calls, isLast: true, length: 1).bits)
        read.writeInteger(UInt8(1))
      }
      // Cut anywhere: the rest comes with the next read.
      while let part = read.readSlice(
        length: min(read.readableBytes, Int.random(in: 1...9_999, using: &random))),
        part.readableBytes > 0
      {
        decoder.append(part)
        while try decoder.next() != nil { count += 1 }
        #expect(decoder.pendingBytes < 5)
      }
    }
    #expect(decoder.pendingBytes == 0)
  }

  /// What lies whole in the bytes that were read is handed on where it is; the frame across the edge is copied, and no
  /// other.
  @Test func framesAreSlicesOfWhatWasRead() throws {
    func piece(_ size: Int) -> [UInt8] {
      withUnsafeBytes(of: PieceHeader(lane: .calls, isLast: true, length: size).bits.bigEndian, Array.init)
        + Array(repeating: 1, count: size)
    }
    func address(_ buffer: ByteBuffer) -> UInt {
      buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
    }
    let stream = piece(100) + piece(200) + piece(300) + piece(400)
    let first = ByteBuffer(bytes: stream.prefix(250))
    let second = ByteBuffer(bytes: stream.dropFirst(250))
    var decoder = PieceDecoder(limits: limits)
    decoder.append(first)
    var frames: [ByteBuffer] = []
    while case .frame(let frame, _)? = try decoder.next() { frames.append(frame) }
    decoder.append(second)
    while case .frame(let frame, _)? = try decoder.next() { frames.append(frame) }
    #expect(frames.map(\.readableBytes) == [100, 200, 300, 400])
    #expect(frames.allSatisfy { $0.readerIndex == 0 })
    let areSlices = frames.map { frame in
      [first, second].contains {
        (address($0)..<address($0) + UInt($0.readableBytes)).contains(address(frame))
      }
    }
    #expect(areSlices == [true, false, true, true])
  }
}
