// Rebuilds every partition's log from the batches of the log file: a value, pure.
internal import CBOR
internal import Raft

/// Takes the batches in order and keeps what they amount to.
struct LogReplay {
  private struct Partition {
    var tail = LogTail()
    var hardState = HardState(term: 0, vote: nil, commit: 0)
    var entries: [LogEntry] = []
    var base: LogBase?

    mutating func take(_ record: StoredRecord) throws {
      try tail.take(record)
      switch record {
      case .hardState(let state):
        hardState = state
      case .void:
        self = Partition()
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
      }
    }
  }

  private var partitions: [PartitionID: Partition] = [:]
  private(set) var chains: [PartitionID: UInt64] = [:]
  private(set) var lastSequence: Int64 = 0
  private let decoder = CBORDecoder()
  private let file: String

  /// - Parameter file: the name that errors give.
  init(file: String) {
    self.file = file
  }

  /// - Throws: `StoreError.damaged`, which names the batch and, where it is known, the partition.
  mutating func take(_ blob: [UInt8], sequence: Int64) throws(StoreError) {
    guard sequence == lastSequence + 1 else {
      throw .damaged(file: file, detail: "batch \(lastSequence + 1) is missing (the next one is \(sequence))")
    }
    do {
      for frame in try LogBatch.frames(of: blob, chains: &chains) {
        do {
          let record = try StoredRecord.decode(frame.record, decoder: decoder)
          try partitions[frame.partition, default: Partition()].take(record)
        } catch {
          throw LogBatch.Malformed(partition: frame.partition, description: String(describing: error))
        }
      }
    } catch let error as LogBatch.Malformed {
      let place = error.partition.map { ", \($0)" } ?? ""
      throw .damaged(file: file, detail: "batch \(sequence)\(place): \(error.description)")
    } catch {
      throw .damaged(file: file, detail: "batch \(sequence): \(error)")
    }
    lastSequence = sequence
  }

  var tails: [PartitionID: LogTail] {
    partitions.mapValues(\.tail)
  }

  var recovered: [PartitionID: RecoveredLog] {
    partitions.mapValues { RecoveredLog(hardState: $0.hardState, entries: $0.entries, base: $0.base) }
  }
}
