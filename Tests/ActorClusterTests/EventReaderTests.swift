// What one event stream makes of the feed: each change once, and never a gap.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import Testing

@Suite struct EventReaderTests {
  private let partition = PartitionID(rawValue: 1)

  private func reader(at index: UInt64) -> EventReader {
    EventReader(position: EventPosition(indices: [0, index]), types: DurableTypes([Counter.self]))
  }

  private func record(_ index: UInt64) throws -> FeedItem {
    .record(
      AppliedRecord(
        partition: partition, index: index, time: PartitionTime(milliseconds: 1),
        actor: ActorKey(type: "counter", id: "a"),
        events: try CBOREncoder().encode([CounterState.Event.added(1, counts: true)])))
  }

  @Test func aChangeIsReadOnce() throws {
    var reader = reader(at: 4)
    for (index, isNew): (UInt64, Bool) in [(4, false), (5, true), (5, false), (3, false), (9, true)] {
      let element = try reader.read(record(index))
      #expect((element != nil) == isNew, "\(index)")
    }
    #expect(reader.position.indices == [0, 9])
  }

  @Test func aReaderThatWouldMissSomethingEnds() throws {
    var reader = reader(at: 1_000)
    #expect(throws: ClusterError.self) { try reader.read(.skipped(partition, through: 60_000)) }
    #expect(reader.position.indices == [0, 1_000], "it resumes from here")
  }

  /// It waited for this node to catch up, and the node did so by other means than records.
  @Test func aReaderThatWaitsForTheNodeEndsOnlyIfItMissesSomething() throws {
    for (position, ends): (UInt64, Bool) in [(59_999, true), (60_000, false), (61_000, false)] {
      var reader = reader(at: position)
      var hasEnded = false
      do {
        let element = try reader.read(.skipped(partition, through: 60_000))
        #expect(element == nil)
      } catch {
        hasEnded = true
      }
      #expect(hasEnded == ends, "\(position)")
    }
  }

  @Test func theFeedKeepsTheOrderOfRecordsAndGaps() async throws {
    let feed = EventFeed()
    let live = feed.subscribe()
    for index: UInt64 in [1, 2] {
      if case .record(let record) = try record(index) { feed.publish(record) }
    }
    feed.skipped(partition, through: 50)
    if case .record(let record) = try record(51) { feed.publish(record) }
    feed.finish()
    var reader = reader(at: 0)
    var seen: [UInt64] = []
    var isEnded = false
    for await item in live where !isEnded {
      do {
        if try reader.read(item) != nil { seen.append(reader.position.indices[1]) }
      } catch {
        isEnded = true
      }
    }
    #expect(seen == [1, 2])
    #expect(isEnded)
  }

  @Test func aTroubleIsComplainedOfOnceAMinuteOrWhenItChanges() {
    var complaints = RepeatedComplaints()
    let other = PartitionID(rawValue: 2)
    let said = [
      complaints.admit("a", of: partition, at: 0), complaints.admit("a", of: partition, at: 59_999),
      complaints.admit("a", of: other, at: 10), complaints.admit("b", of: partition, at: 20),
      complaints.admit("b", of: partition, at: 59_999), complaints.admit("b", of: partition, at: 60_020),
    ]
    #expect(said == [true, false, true, true, false, true])
  }

  @Test func watermarksNameTheirSources() throws {
    var watermarks = Watermarks()
    for number: UInt32 in [200, 3] { _ = try watermarks.advance(PartitionID(rawValue: number), to: 1) }
    #expect(watermarks.sources == [PartitionID(rawValue: 3), PartitionID(rawValue: 200)])
  }
}
