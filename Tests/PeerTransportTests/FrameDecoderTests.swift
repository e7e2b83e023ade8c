// Cutting a stream into frames, however the network has cut it before.

import NIOCore
import PeerTransport
import Testing

struct FrameDecoderTests {
  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8]) func anyCutGivesTheSameFrames(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let frames = (0..<60).map { number in
      let size =
        Bool.random(using: &random)
        ? Int.random(in: 0...8, using: &random) : Int.random(in: 0...5_000, using: &random)
      return ByteBuffer(repeating: UInt8(number), count: size)
    }
    var stream = ByteBuffer()
    for frame in frames {
      stream.writeInteger(UInt32(frame.readableBytes))
      stream.writeImmutableBuffer(frame)
    }
    var decoder = FrameDecoder()
    var found: [ByteBuffer] = []
    while stream.readableBytes > 0 {
      let size = min(stream.readableBytes, Int.random(in: 1...3_000, using: &random))
      // Both kinds of input: a slice of a larger buffer, and a buffer of its own.
      let slice = stream.readSlice(length: size) ?? ByteBuffer()
      decoder.append(Bool.random(using: &random) ? slice : ByteBuffer(bytes: slice.readableBytesView))
      while let frame = try decoder.next(limit: 5_000) { found.append(frame) }
      #expect(decoder.pendingBytes < 5_004, "seed \(seed)")
    }
    #expect(found == frames, "seed \(seed)")
    #expect(decoder.pendingBytes == 0)
  }

  @Test func framesGivenOutDoNotChangeWhenMoreComes() throws {
    var decoder = FrameDecoder()
    decoder.append(ByteBuffer(bytes: [0, 0, 0, 2, 7, 8, 0, 0]))
    let first = try #require(try decoder.next(limit: 10))
    decoder.append(ByteBuffer(bytes: [0, 1]))
    decoder.append(ByteBuffer(bytes: [9]))
    #expect(try decoder.next(limit: 10) == ByteBuffer(bytes: [9]))
    #expect(first == ByteBuffer(bytes: [7, 8]))
  }

  @Test func aLengthOverTheLimitIsAnErrorBeforeTheFrameComes() throws {
    var decoder = FrameDecoder()
    decoder.append(ByteBuffer(bytes: [0, 0, 0, 10]))
    #expect(try decoder.next(limit: 10) == nil)
    #expect(throws: FrameDecoder.TooLong(length: 10, limit: 9)) { try decoder.next(limit: 9) }
    var huge = FrameDecoder()
    huge.append(ByteBuffer(bytes: [0xff, 0xff, 0xff, 0xff]))
    #expect(throws: FrameDecoder.TooLong(length: 4_294_967_295, limit: 16 << 20)) {
      try huge.next(limit: 16 << 20)
    }
  }
}
