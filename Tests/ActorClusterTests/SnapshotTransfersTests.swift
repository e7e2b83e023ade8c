// Snapshots in chunks: what goes out is what comes together, whatever is asked for in between.
import ActorCluster
import Raft
import Testing

@Suite struct SnapshotTransfersTests {
  private let follower = ReplicaID(rawValue: 2)
  private let base = LogBase(
    index: 40, term: 3, membership: Membership(voters: [ReplicaID(rawValue: 1), ReplicaID(rawValue: 2)]))
  private var id: SnapshotID { SnapshotID(index: 40, term: 3) }

  private func read(_ id: SnapshotID?, from offset: UInt64, to replica: UInt64 = 2) -> SnapshotRead {
    SnapshotRead(to: ReplicaID(rawValue: replica), id: id, offset: offset, maxBytes: 10)
  }

  @Test(arguments: [1, 9, 10, 11, 20, 95])
  func chunksComeTogetherAgain(size: Int) throws {
    let bytes = (0..<size).map { UInt8($0) }
    var sender = SnapshotTransfers(limitBytes: 1_000)
    var receiver = SnapshotTransfers(limitBytes: 1_000)
    let early = sender.chunk(for: read(nil, from: 0), logBase: 0)
    #expect(early == nil)
    #expect(sender.isReading)
    let first = sender.read(bytes, base: base).first
    var chunk = try #require(first?.chunk)
    for _ in 0..<size {
      switch receiver.store(chunk) {
      case .complete(let whole):
        #expect(whole == bytes)
        return
      case .staged(let offset):
        let next = sender.chunk(for: read(id, from: offset), logBase: 40)
        chunk = try #require(next)
      case .refused:
        Issue.record("chunk at \(chunk.offset) was refused")
        return
      }
    }
    Issue.record("it never ended")
  }

  @Test func theSecondWhoAsksWaitsForTheSameReading() {
    var sender = SnapshotTransfers(limitBytes: 1_000)
    for replica: UInt64 in [2, 3, 2] {
      let chunk = sender.chunk(for: read(nil, from: 0, to: replica), logBase: 0)
      #expect(chunk == nil)
    }
    let first = sender.read([1, 2, 3], base: base)
    #expect(Set(first.map(\.to.rawValue)) == [2, 3])
    #expect(first.count == 2)
  }

  @Test func oneThatTheLogHasOutgrownIsReadAnew() {
    var sender = SnapshotTransfers(limitBytes: 1_000)
    _ = sender.read([1, 2, 3], base: base)
    let held = sender.chunk(for: read(id, from: 0), logBase: 40)
    #expect(held != nil)
    let outgrown = sender.chunk(for: read(id, from: 0), logBase: 41)
    #expect(outgrown == nil)
    #expect(sender.isReading)
  }

  @Test func anotherSnapshotBeginsAtItsBeginning() {
    var sender = SnapshotTransfers(limitBytes: 1_000)
    _ = sender.chunk(for: read(SnapshotID(index: 20, term: 2), from: 30), logBase: 0)
    let chunk = sender.read((0..<50).map { UInt8($0) }, base: base).first?.chunk
    #expect(chunk?.offset == 0)
    #expect(chunk?.id == id)
  }

  @Test func chunksOutOfOrderAndTooLargeOnesAreRefused() {
    var receiver = SnapshotTransfers(limitBytes: 15)
    func chunk(_ offset: UInt64, _ count: Int) -> SnapshotChunk {
      SnapshotChunk(
        id: id, membership: base.membership, offset: offset, bytes: Array(repeating: 7, count: count),
        isLast: false)
    }
    let early = receiver.store(chunk(10, 5))
    let first = receiver.store(chunk(0, 10))
    let tooLarge = receiver.store(chunk(10, 6))
    #expect(early == .refused)
    #expect(first == .staged(upTo: 10))
    #expect(tooLarge == .refused)
  }
}
