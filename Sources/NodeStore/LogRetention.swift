// Which batches of the log are still needed, and by whom: a value, pure.
internal import DequeModule
internal import Raft

/// Knows, per partition, in which batches its live entries are, and its latest hard state and base with the batch they are in.
///
/// Nothing before the first batch with a live entry is needed, except for hard states and bases: they are small, so an old one
/// is written again instead of keeping its batch.
struct LogRetention {
  /// Entries of one partition in neighboring batches.
  private struct Span {
    var batch: Int64
    var first: LogIndex
    var last: LogIndex
  }

  private struct Kept<Value: Sendable> {
    var batch: Int64
    var value: Value
  }

  private struct Partition {
    var spans: Deque<Span> = []
    var hardState: Kept<HardState>?
    var base: Kept<LogBase>?

    /// The batches of records that can be written again.
    var oldestSmall: Int64? {
      switch (hardState?.batch, base?.batch) {
      case (let one?, let other?): min(one, other)
      case (let one, let other): one ?? other
      }
    }

    mutating func take(_ record: StoredRecord, batch: Int64) {
      switch record {
      case .hardState(let state):
        hardState = Kept(batch: batch, value: state)
      case .entry(let entry):
        // So many batches share a span that a long log of small batches takes little memory.
        if let last = spans.last, batch - last.batch < LogRetention.batchesPerSpan {
          spans[spans.count - 1].last = entry.index
        } else {
          spans.append(Span(batch: batch, first: entry.index, last: entry.index))
        }
      case .truncate(let index):
        while let last = spans.last, last.last >= index {
          if last.first < index {
            spans[spans.count - 1].last = index - 1
          } else {
            spans.removeLast()
          }
        }
      case .base(let base, let resets):
        if resets { spans = [] }
        while let first = spans.first, first.last <= base.index { spans.removeFirst() }
        self.base = Kept(batch: batch, value: base)
      case .reset:
        self = Partition()
      }
    }
  }

  private static let batchesPerSpan: Int64 = 16

  private var partitions: [PartitionID: Partition] = [:]

  mutating func take(_ record: StoredRecord, of partition: PartitionID, batch: Int64) {
    partitions[partition, default: Partition()].take(record, batch: batch)
  }

  /// What is not trusted is kept for other reasons.
  mutating func forget(_ partition: PartitionID) {
    partitions[partition] = nil
  }

  /// What is oldest of that which is still in force.
  struct Oldest {
    /// The partition with the oldest live entry, and the batch it may be in; the lower partition of two.
    var entry: (partition: PartitionID, batch: Int64)?
    /// The first batch with a hard state or a base.
    var small: Int64?
  }

  var oldest: Oldest {
    var oldest = Oldest()
    for (partition, kept) in partitions {
      if let small = kept.oldestSmall { oldest.small = min(oldest.small ?? small, small) }
      guard let batch = kept.spans.first?.batch else { continue }
      if let known = oldest.entry, (known.batch, known.partition) < (batch, partition) { continue }
      oldest.entry = (partition, batch)
    }
    return oldest
  }

  /// The hard states and bases that are in batches before `batch`, in the order in which to write them again.
  func small(before batch: Int64) -> [(partition: PartitionID, records: [StoredRecord])] {
    var found: [(partition: PartitionID, records: [StoredRecord])] = []
    for (partition, kept) in partitions {
      var records: [StoredRecord] = []
      if let base = kept.base, base.batch < batch { records.append(.base(base.value, resets: false)) }
      if let state = kept.hardState, state.batch < batch { records.append(.hardState(state.value)) }
      if !records.isEmpty { found.append((partition, records)) }
    }
    return found.sorted { $0.partition < $1.partition }
  }
}
