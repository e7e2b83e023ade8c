// Who sends next: shares, delays and starvation, with any traffic.

import PeerTransport
import Testing

struct LaneSchedulerTests {
  private static let piece = 16 << 10

  /// Serves the lanes that always wait, and counts their bytes.
  private func serve(_ lanes: [Lane], pieces: Int, seed: UInt64) -> LaneBytes {
    var random = SplitMix64(seed: seed)
    var scheduler = LaneScheduler()
    let waiting = lanes.reduce(into: LaneSet()) { $0.formUnion(LaneSet($1)) }
    var sent = LaneBytes()
    for _ in 0..<pieces {
      guard let lane = scheduler.next(waiting: waiting) else { break }
      let size = Int.random(in: 1...Self.piece, using: &random)
      scheduler.took(size, from: lane)
      sent[lane] += size
    }
    return sent
  }

  @Test(arguments: [UInt64(1), 2, 3]) func aFullLinkIsSharedEightToFourToOne(seed: UInt64) {
    let sent = serve([.consensus, .calls, .bulk], pieces: 20_000, seed: seed)
    // Divided by their weights they differ by two pieces at most.
    let shares = [sent.consensus, sent.calls * 2, sent.bulk * 8]
    #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 2 * 8 * Self.piece, "\(sent)")
    let two = serve([.calls, .bulk], pieces: 20_000, seed: seed)
    #expect(abs(two.calls - two.bulk * 4) <= 2 * 4 * Self.piece, "\(two)")
    let alone = serve([.bulk], pieces: 100, seed: seed)
    #expect(alone.total == alone.bulk && alone.bulk > 0)
  }

  @Test func controlGoesBeforeEverything() {
    var scheduler = LaneScheduler()
    let all: LaneSet = Lane.allCases.reduce(into: []) { $0.formUnion(LaneSet($1)) }
    for _ in 0..<10_000 {
      #expect(scheduler.next(waiting: all) == .control)
      scheduler.took(100, from: .control)
    }
    #expect(scheduler.next(waiting: []) == nil)
  }

  /// Traffic that comes and goes at random. A lane that waits is served before others have sent more than their share of
  /// what it would have sent, plus a piece each; one that comes back waits for no history.
  @Test(arguments: Array(UInt64(1)...100)) func nobodyStarves(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var scheduler = LaneScheduler()
    var queued: [Lane: Int] = [:]
    var waitedBytes: [Lane: Int] = [:]
    // The others' weights against one's own, plus pieces that do not divide evenly.
    let bounds: [Lane: Int] = [
      .consensus: 3 * Self.piece, .calls: (2 + 1 + 3) * Self.piece, .bulk: (8 + 4 + 3) * Self.piece,
    ]
    for _ in 0..<4_000 {
      for lane in [Lane.consensus, .calls, .bulk] where Int.random(in: 0..<6, using: &random) == 0 {
        queued[lane, default: 0] += Int.random(in: 1...4, using: &random)
      }
      var waiting: LaneSet = []
      for (lane, count) in queued where count > 0 { waiting.insert(LaneSet(lane)) }
      guard let next = scheduler.next(waiting: waiting) else {
        #expect(waiting.isEmpty)
        continue
      }
      #expect(queued[next, default: 0] > 0, "seed \(seed): \(next) had nothing to send")
      let size = Int.random(in: 1...Self.piece, using: &random)
      scheduler.took(size, from: next)
      queued[next, default: 0] -= 1
      waitedBytes[next] = 0
      for (lane, count) in queued where count > 0 && lane != next {
        waitedBytes[lane, default: 0] += size
        guard waitedBytes[lane, default: 0] <= bounds[lane, default: 0] else {
          Issue.record("seed \(seed): \(lane) starves")
          return
        }
      }
    }
  }

  /// Hours of bulk alone give consensus no debt and bulk no claim.
  @Test func aLaneThatComesBackIsServedAtOnceAndNotForHistory() {
    var scheduler = LaneScheduler()
    for _ in 0..<100_000 {
      #expect(scheduler.next(waiting: LaneSet(.bulk)) == .bulk)
      scheduler.took(Self.piece, from: .bulk)
    }
    let all: LaneSet = [LaneSet(.consensus), LaneSet(.calls), LaneSet(.bulk)]
    #expect(scheduler.next(waiting: all) == .consensus)
    var sent = LaneBytes()
    for _ in 0..<130 {
      guard let lane = scheduler.next(waiting: all) else { break }
      scheduler.took(Self.piece, from: lane)
      sent[lane] += Self.piece
    }
    #expect(
      (9...11).contains(sent.bulk / Self.piece) && (39...41).contains(sent.calls / Self.piece), "\(sent)")
  }
}
