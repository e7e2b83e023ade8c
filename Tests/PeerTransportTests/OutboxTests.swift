// The queue of one connection: limits, frames that are rolled back, memory.

import NIOCore
import PeerTransport
import Synchronization
import Testing

struct OutboxTests {
  private let limits = LaneBytes(control: 1_000, consensus: 200_000, calls: 200_000, bulk: 200_000)
  private let frameLimits = LaneBytes(control: 500, consensus: 100_000, calls: 100_000, bulk: 100_000)

  private func outbox(_ wake: @escaping @Sendable () -> Void = {}) -> Outbox {
    Outbox(limits: limits, frameLimits: frameLimits, wake: wake)
  }

  private func frames(of outbox: Outbox) throws -> [ByteBuffer] {
    var batch: [ByteBuffer] = []
    var spare = ByteBuffer()
    while outbox.take(10_000, into: &batch, spare: &spare) > 0 {}
    var decoder = PieceDecoder(limits: frameLimits)
    var found: [ByteBuffer] = []
    for bytes in batch {
      decoder.append(bytes)
      while case .frame(let frame, _)? = try decoder.next() { found.append(frame) }
    }
    return found
  }

  @Test func aFrameThatIsTooLongLeavesNoTrace() throws {
    let outbox = outbox()
    let before = outbox.put(.calls) { $0.writeString("before") }
    #expect(before == .queued)
    let queued = outbox.bytesQueued(.calls)
    let tooLong = outbox.put(.calls) { $0.writeRepeatingByte(1, count: 100_001) }
    #expect(tooLong == .frameTooLarge)
    let tooLongForControl = outbox.put(.control) { $0.writeRepeatingByte(1, count: 501) }
    #expect(tooLongForControl == .frameTooLarge)
    #expect(outbox.put(ByteBuffer(repeating: 1, count: 501), .control) == .frameTooLarge)
    #expect(outbox.bytesQueued(.calls) == queued && outbox.bytesQueued(.control) == 0)
    let after = outbox.put(.calls) { $0.writeString("after") }
    #expect(after == .queued)
    #expect(try frames(of: outbox) == [ByteBuffer("before"), ByteBuffer("after")])
  }

  @Test func eachLaneHasItsOwnLimit() throws {
    let outbox = outbox()
    var count = 0
    while outbox.put(
      .calls, writing: { $0.writeRepeatingByte(UInt8(truncatingIfNeeded: count), count: 20_000) }) == .queued
    {
      count += 1
      #expect(outbox.bytesQueued(.calls) <= limits.calls)
      try #require(count < 100)
    }
    // 20,000 bytes are two pieces.
    #expect(count == 9 && outbox.bytesQueued(.calls) == 9 * 20_008)
    #expect(outbox.put(ByteBuffer(repeating: 0, count: 20_000), .calls) == .overloaded)
    #expect(outbox.put(ByteBuffer("small"), .calls) == .queued)
    #expect(outbox.put(ByteBuffer(repeating: 0, count: 20_000), .bulk) == .queued)
    #expect(outbox.put(.ping(1)))
    #expect(try frames(of: outbox).count == 11)
    #expect(outbox.put(ByteBuffer(repeating: 0, count: 20_000), .calls) == .queued)
  }

  @Test func theLoopIsWokenOncePerTurn() {
    let wakes = MutexBox(0)
    let outbox = outbox { wakes.value.withLock { $0 += 1 } }
    for _ in 0..<100 { #expect(outbox.put(ByteBuffer("x"), .calls) == .queued) }
    let bulk = outbox.put(.bulk) { $0.writeString("y") }
    #expect(bulk == .queued)
    #expect(wakes.value.withLock { $0 } == 1)
    var batch: [ByteBuffer] = []
    var spare = ByteBuffer()
    #expect(outbox.take(10_000, into: &batch, spare: &spare) == 505)
    // A hundred short frames are one write.
    #expect(batch.count == 2)
    #expect(outbox.put(ByteBuffer("x"), .calls) == .queued)
    #expect(wakes.value.withLock { $0 } == 2)
    outbox.close()
    #expect(outbox.isClosed && outbox.put(ByteBuffer("x"), .calls) == .notConnected)
    let late = outbox.put(.calls) { _ in Issue.record("called") }
    #expect(late == .notConnected)
    #expect(outbox.take(1, into: &batch, spare: &spare) == 0 && outbox.figures.queued == LaneBytes())
  }

  /// Long frames of lower lanes are taken a piece at a time, and what comes later in a higher lane goes between them.
  @Test func aLongFrameLetsOthersPass() {
    let outbox = outbox()
    #expect(outbox.put(ByteBuffer(repeating: 1, count: 100_000), .bulk) == .queued)
    var batch: [ByteBuffer] = []
    var spare = ByteBuffer()
    var order: [Lane] = []
    func take() {
      batch = []
      _ = outbox.take(1, into: &batch, spare: &spare)
      guard let bits = batch.first?.getInteger(at: batch[0].readerIndex, as: UInt32.self),
        let header = try? PieceHeader(decoding: bits)
      else { return }
      order.append(header.lane)
    }
    take()
    #expect(outbox.put(ByteBuffer("call"), .calls) == .queued)
    #expect(outbox.put(ByteBuffer("vote"), .consensus) == .queued)
    #expect(outbox.put(ByteBuffer("beat"), .control) == .queued)
    for _ in 0..<4 { take() }
    #expect(order == [.bulk, .control, .consensus, .calls, .bulk])
  }
}
