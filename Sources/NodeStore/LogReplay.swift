// Rebuilds every partition's log from the batches of the log file: a value, pure.
internal import CBOR
internal import Raft

/// Takes the batches in order and keeps what they amount to.
struct LogReplay {
  private struct Partition {
    var hardState = HardState(term: 0, vote: nil, commit: 0)
    var hasHardState = false
    var entries: [LogEntry] = []
    var base: LogBase?

    mutating func take(_ record: StoredRecord) {
      switch record {
      case .hardState(let state):
        hardState = state
        hasHardState = true
      case .entry(let entry):
        entries.append(entry)
      case .truncate(let index):
        // Indexes have no gaps: so many are at `index` or above.
        if let last = entries.last?.index, last >= index {
          entries.removeLast(min(entries.count, Int(clamping: last - index + 1)))
        }
      case .base(let base, let resets):
        if resets {
          entries = []
        } else if let first = entries.first?.index, first <= base.index {
          // A new array: the old one's memory goes.
          entries = Array(entries.dropFirst(Int(clamping: base.index - first + 1)))
        }
        self.base = base
      case .reset:
        self = Partition()
      }
    }

    /// What is missing, in words: a log's latest hard state and base, and its entries above the base, are always kept. The
    /// batches before the first tell of themselves, so this finds when the last one is gone with what it had written again.
    func gap(_ track: LogTrack) -> String? {
      if track.hasHardState, !hasHardState { return "its hard state is missing" }
      guard track.tail.baseIndex > 0 else { return nil }
      guard let base, base.index == track.tail.baseIndex else {
        return "what its log begins after is missing"
      }
      guard let next = track.tail.nextIndex,
        UInt64(entries.count) != next - 1 - base.index || (entries.first?.index ?? next) != base.index + 1
      else { return nil }
      return "entries are missing between its base at \(base.index) and its end at \(next - 1)"
    }
  }

  /// Where the log begins. It names every partition that has a record.
  private(set) var start: LogStart
  private(set) var tracks: LogTracks
  private(set) var retention = LogRetention()
  /// Bytes of all batches.
  private(set) var bytes = 0
  /// What cannot be trusted, with words. Not before `finish`.
  private(set) var damaged: [PartitionID: String] = [:]
  private var partitions: [PartitionID: Partition] = [:]
  private let decoder = CBORDecoder()

  init(start: LogStart) {
    self.start = start
    tracks = start.tracks
  }

  mutating func take(_ blob: UnsafeRawBufferPointer, sequence: Int64) {
    bytes += blob.count
    tracks.take(blob, sequence: sequence, decoder: decoder) { partition, record in
      partitions[partition, default: Partition()].take(record)
      retention.take(record, of: partition, batch: sequence)
    }
  }

  mutating func skip(through last: Int64, _ detail: String) {
    tracks.skip(through: last, detail)
  }

  /// After the last batch.
  mutating func finish() {
    damaged = tracks.damaged
    for (partition, track) in tracks.partitions {
      if start.partitions[partition] == nil { start.partitions[partition] = LogTrack() }
      if damaged[partition] == nil, !track.isVoid {
        damaged[partition] = (partitions[partition] ?? Partition()).gap(track)
      }
    }
    for partition in damaged.keys { retention.forget(partition) }
  }

  var lastSequence: Int64 { tracks.next - 1 }

  var recovered: [PartitionID: RecoveredLog] {
    partitions.filter { damaged[$0.key] == nil && tracks.partitions[$0.key]?.isVoid != true }.mapValues {
      RecoveredLog(hardState: $0.hardState, entries: $0.entries, base: $0.base)
    }
  }
}
