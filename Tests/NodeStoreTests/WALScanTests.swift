// The WAL scan against WALs that are built here, frame by frame, by the file format's description.
import NodeStore
import Testing

/// Writes WALs as SQLite does. Its checksum is written from the description too, not taken from the store.
private struct WALBuilder {
  static let pageSize = 512
  static let frameLength = 24 + pageSize

  private(set) var bytes: [UInt8] = []
  private var sum: (UInt32, UInt32) = (0, 0)
  private var salts: (UInt32, UInt32)

  init(salts: (UInt32, UInt32) = (7, 1_234_567)) {
    self.salts = salts
    var header: [UInt8] = []
    for word in [0x377F_0682, 3_007_000, UInt32(Self.pageSize), 0, salts.0, salts.1] {
      header += Self.big(word)
    }
    add(header)
    bytes = header + Self.big(sum.0) + Self.big(sum.1)
  }

  /// A transaction of so many frames; the last one carries the commit mark.
  mutating func transaction(frames: Int, using random: inout SplitMix64) {
    for number in 1...frames {
      let head =
        Self.big(UInt32(number)) + Self.big(number == frames ? UInt32.random(in: 3...200, using: &random) : 0)
      let page = (0..<Self.pageSize).map { _ in UInt8.random(in: 0...255, using: &random) }
      add(head)
      add(page)
      bytes += head + Self.big(salts.0) + Self.big(salts.1) + Self.big(sum.0) + Self.big(sum.1) + page
    }
  }

  private mutating func add(_ data: [UInt8]) {
    for start in stride(from: 0, to: data.count, by: 8) {
      sum.0 = sum.0 &+ Self.little(data, start) &+ sum.1
      sum.1 = sum.1 &+ Self.little(data, start + 4) &+ sum.0
    }
  }

  private static func little(_ data: [UInt8], _ at: Int) -> UInt32 {
    UInt32(data[at]) | UInt32(data[at + 1]) << 8 | UInt32(data[at + 2]) << 16 | UInt32(data[at + 3]) << 24
  }

  private static func big(_ word: UInt32) -> [UInt8] {
    [UInt8(word >> 24), UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
  }
}

@Suite struct WALScanTests {
  private func scan(_ bytes: [UInt8]) -> WALScan {
    WALScan.scan(size: bytes.count) { (offset, count) throws(Never) in Array(bytes[offset..<offset + count]) }
  }

  /// A WAL of these transactions, and the offset at which each ends.
  private func wal(
    _ transactions: [Int], seed: UInt64, salts: (UInt32, UInt32) = (7, 1_234_567)
  ) -> (bytes: [UInt8], ends: [Int]) {
    var random = SplitMix64(seed: seed)
    var builder = WALBuilder(salts: salts)
    let ends = transactions.map { frames in
      builder.transaction(frames: frames, using: &random)
      return builder.bytes.count
    }
    return (builder.bytes, ends)
  }

  @Test func completeWALsAreClean() {
    #expect(scan([]) == .clean)
    #expect(scan(wal([], seed: 1).bytes) == .clean)
    #expect(scan(wal([1], seed: 1).bytes) == .clean)
    #expect(scan(wal([2, 1, 3], seed: 1).bytes) == .clean)
  }

  @Test func everyCutIsATornTail() {
    let (bytes, ends) = wal([2, 1, 3], seed: 2)
    for length in stride(from: 1, to: bytes.count, by: 13) where !ends.contains(length) && length != 32 {
      let kept = ends.last { $0 <= length } ?? (length < 32 ? 0 : 32)
      #expect(scan(Array(bytes[..<length])).cut == kept, "cut at \(length)")
    }
  }

  /// Sectors of the last transaction may arrive in any order, or never.
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func anythingMayHappenToTheLastTransaction(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var (bytes, ends) = wal([2, 1, 1, 4], seed: seed)
    for sector in stride(from: ends[2], to: ends[3], by: 128) where Bool.random(using: &random) {
      for offset in sector..<min(sector + 128, ends[3]) { bytes[offset] = 0 }
    }
    let result = scan(bytes)
    #expect(result.cut == ends[2] || result == .clean, "seed \(seed)")
  }

  /// A WAL without syncs, torn in its second transaction: the head of the new frame, the page of the frame that an older
  /// generation had there, which was copied into the file. Only a whole frame of a later transaction is proof of a copy.
  @Test func whatATornFrameHasOfAnOlderGenerationIsNoCopy() {
    let old = wal([1, 1, 1], seed: 8, salts: (6, 6)).bytes
    var new = wal([1, 1, 1], seed: 9).bytes
    let page = WALBuilder.pageSize
    let second = 32 + WALBuilder.frameLength
    new.replaceSubrange(second + 24..<second + 24 + page, with: old[second + 24..<second + 24 + page])
    #expect(scan(new) == .damaged(frame: 1))
    func isCopied(file: ArraySlice<UInt8>) -> Bool {
      WALScan.wasCopied(size: new.count, badFrame: 1) { (offset, count) throws(Never) in
        Array(new[offset..<offset + count])
      } page: { (number, _) throws(Never) in
        number == 1 ? Array(file) : nil
      }
    }
    #expect(!isCopied(file: old[second + 24..<second + 24 + page]))
    #expect(isCopied(file: new.suffix(page)))
  }

  /// One flipped bit anywhere before the last two transactions, header included.
  @Test func everyFlippedBitInTheMiddleIsDamage() {
    let (bytes, ends) = wal([1, 3, 1, 2, 1, 2], seed: 3)
    var random = SplitMix64(seed: 4)
    for offset in 0..<ends[3] {
      // A page size that is not SQLite's usual one cannot be guessed from a header that lies about it.
      if (8..<12).contains(offset) { continue }
      // Page data is all alike: a sample of it.
      let inFrame = (offset - 32) % WALBuilder.frameLength
      if offset >= 32, inFrame >= 24, offset % 5 != 0 { continue }
      var bent = bytes
      bent[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let expected = offset < 32 ? 0 : (offset - 32) / WALBuilder.frameLength
      #expect(scan(bent) == .damaged(frame: expected), "offset \(offset), byte \(inFrame) of its frame")
    }
  }

  /// Even the last whole transaction but one, as long as its commit mark is not what was hit.
  @Test func oneLaterTransactionIsProofEnough() {
    let (bytes, ends) = wal([1, 2, 2], seed: 5)
    for offset in stride(from: ends[0], to: ends[1], by: 3) where !(4..<8).contains((offset - 32) % 536) {
      var bent = bytes
      bent[offset] ^= 0x10
      #expect(scan(bent) == .damaged(frame: (offset - 32) / WALBuilder.frameLength), "offset \(offset)")
    }
  }

  /// After a reset SQLite writes from the start again, with new salts; what it has not overwritten yet is of no meaning.
  @Test func framesOfAnOlderGenerationAreNoDamage() {
    let (old, _) = wal([1, 2, 1, 3, 1], seed: 6)
    for transactions in [[], [1], [2, 1], [1, 1, 1]] as [[Int]] {
      let (new, _) = wal(transactions, seed: 7, salts: (8, 99))
      #expect(scan(new + old[new.count...]) == .clean, "\(transactions)")
    }
    // A flipped bit in the new generation is damage all the same.
    var (new, ends) = wal([1, 1, 1], seed: 7, salts: (8, 99))
    new[ends[0] - 9] ^= 1
    #expect(scan(new + old[new.count...]) == .damaged(frame: 0))
  }

  /// A torn transaction is overwritten after the restart, in the same generation; the next crash tears again in its remains.
  @Test func remainsOfATornTransactionAreNoDamage() {
    var random = SplitMix64(seed: 8)
    var before = WALBuilder()
    before.transaction(frames: 1, using: &random)
    before.transaction(frames: 2, using: &random)
    var torn = before
    torn.transaction(frames: 8, using: &random)
    var after = before
    after.transaction(frames: 1, using: &random)
    let committed = after.bytes.count
    #expect(scan(after.bytes + torn.bytes[committed...]).cut == committed)
    after.transaction(frames: 4, using: &random)
    var twice = after.bytes + torn.bytes[after.bytes.count...]
    twice[committed + 600] ^= 1
    #expect(scan(twice).cut == committed)
  }
}
