// Follows the partitions' logs from batch to batch and says which of them are still whole: a value, pure.
internal import CBOR
internal import PlantedBugs
internal import Raft

/// Where one partition's log stands at some batch.
struct LogTrack: Equatable {
  enum Condition: Equatable {
    case sound
    /// A batch was bad, and nothing has shown since that it held nothing of this partition. Why, in words.
    case doubtful(String)
    /// Something of this partition is missing or bad. Why, in words.
    case broken(String)
  }

  /// The checksum of its last record; 0 before the first.
  var chain: UInt64 = 0
  var tail = LogTail()
  var condition = Condition.sound
  /// Its last record is a reset: it was emptied, and nothing has been written since.
  var isVoid = false
  /// It has had a hard state: the latest is always in a batch that is there.
  var hasHardState = false
}

/// The partitions' logs, batch by batch. The replay at open and the deletion of old batches both follow them with this, so that
/// a log that begins with a later batch is judged as the whole one would be.
///
/// A bad batch may have held something of any partition. A partition is sound again when a later batch has a record that
/// continues its chain: then nothing of it is missing in between. One whose next record does not continue it is broken.
struct LogTracks: Equatable {
  /// The sequence number of the next batch.
  private(set) var next: Int64
  private(set) var partitions: [PartitionID: LogTrack]
  /// The first and the last batch that was bad or missing.
  private(set) var firstBad: Int64?
  private(set) var lastBad: Int64?

  /// - Parameter partitions: every partition that the log has ever had a record of.
  init(next: Int64 = 1, partitions: [PartitionID: LogTrack] = [:]) {
    self.next = next
    self.partitions = partitions
  }

  /// Takes the batch `sequence`; those between it and the one before are missing.
  /// - Parameter visit: called with each record that is right, in order.
  mutating func take(
    _ blob: UnsafeRawBufferPointer, sequence: Int64, decoder: CBORDecoder,
    _ visit: (PartitionID, StoredRecord) -> Void
  ) {
    guard sequence >= next else { return }
    if sequence > next {
      markBad(next...(sequence - 1), "batch \(next) is missing (the next one is \(sequence))")
    }
    next = sequence + 1
    let parsed = LogBatch.parse(blob, sequence: sequence)
    var defect = parsed.defect.map { "batch \(sequence): \($0)" }
    var isNamed = false
    for (number, frame) in parsed.frames.enumerated() {
      let words = { (detail: String) in
        "batch \(sequence), \(frame.partition): record \(number) of \(parsed.frames.count) \(detail)"
      }
      let isRight = take(frame, sequence, isProven: parsed.isProven, decoder, visit, words)
      if !isRight, !isNamed { (defect, isNamed) = (words("has a wrong checksum"), true) }
    }
    if !parsed.isProven, let defect { markBad(sequence...sequence, defect) }
  }

  /// The batches up to and with `last` are there and cannot be read.
  mutating func skip(through last: Int64, _ detail: String) {
    guard last >= next else { return }
    markBad(next...last, "batch \(next): \(detail)")
    next = last + 1
  }

  /// The partitions that cannot be trusted, with words.
  var damaged: [PartitionID: String] {
    partitions.compactMapValues { track in
      switch track.condition {
      case .sound: nil
      case .doubtful(let detail):
        "\(detail), and nothing after it shows that it held nothing of this partition"
      case .broken(let detail): detail
      }
    }
  }

  private mutating func markBad(_ batches: ClosedRange<Int64>, _ detail: String) {
    firstBad = firstBad ?? batches.lowerBound
    lastBad = batches.upperBound
    for (partition, track) in partitions where track.condition == .sound {
      partitions[partition]?.condition = .doubtful(detail)
    }
  }

  /// - Returns: false when the frame is not what its partition's log goes on with, and the batch does not prove that it is as
  ///   it was written.
  private mutating func take(
    _ frame: LogBatch.Frame, _ sequence: Int64, isProven: Bool, _ decoder: CBORDecoder,
    _ visit: (PartitionID, StoredRecord) -> Void, _ words: (String) -> String
  ) -> Bool {
    var track = partitions[frame.partition] ?? LogTrack()
    let isReset = StoredRecord.isReset(frame.record)
    if case .broken = track.condition, !isReset { return true }
    let seed = isReset ? 0 : track.chain
    guard frame.checksum == RecordChecksum.hash(frame.record, seed: seed) || isPlanted(.ignoreChecksum) else {
      if isProven {
        if case .doubtful(let detail) = track.condition {
          track.condition = .broken("\(detail), and batch \(sequence) does not continue this partition's log")
        } else {
          track.condition = .broken(words("has a wrong checksum"))
        }
        partitions[frame.partition] = track
      }
      return isProven
    }
    do {
      let record = try StoredRecord.decode(frame.record, decoder: decoder)
      if case .reset(let batch) = record, batch != sequence {
        throw LogTail.Refusal(description: "a reset of batch \(batch)")
      }
      var tail = track.tail
      try tail.take(record)
      track.tail = tail
      track.chain = frame.checksum
      track.condition = .sound
      track.isVoid = isReset
      switch record {
      case .hardState: track.hasHardState = true
      case .reset: track.hasHardState = false
      case .entry, .truncate, .base: break
      }
      partitions[frame.partition] = track
      visit(frame.partition, record)
    } catch {
      track.condition = .broken(words("cannot be used: \(error)"))
      partitions[frame.partition] = track
    }
    return true
  }
}
