// The blob of one writer batch: framing and checksums. Pure.
internal import PlantedBugs

/// Builds and splits the blob that is one row of the log file.
///
/// Bytes: the version of this framing (1 byte), the number of records (4 bytes, little-endian), the checksum of the batch (8
/// bytes), then each record as its length (4 bytes), its chained checksum (8 bytes, see `RecordChecksum`) and its bytes (see
/// `StoredRecord`). The checksum of the batch is over all its frames, seeded with what stands before them and with the
/// batch's sequence number: a batch is known to be whole, and in its place, without those before it. Version 1 had none.
enum LogBatch {
  static let version: UInt8 = 2
  private static let versionWithoutChecksum: UInt8 = 1
  static let headerLength = 13
  static let frameHeaderLength = 12

  /// Appends records to a blob, and continues each partition's chain of checksums from batch to batch.
  struct Builder {
    private(set) var chains: [PartitionID: UInt64]
    private(set) var recordCount: UInt32 = 0
    private var bytes: [UInt8] = []

    /// - Parameter chains: the last checksum of each partition.
    init(chains: [PartitionID: UInt64]) {
      self.chains = chains
    }

    /// - Parameter startsChain: the record is a reset: it follows nothing.
    mutating func append(_ record: [UInt8], of partition: PartitionID, startsChain: Bool = false) {
      let seed = startsChain ? 0 : chains[partition, default: 0]
      let checksum = RecordChecksum.hash(record, seed: seed)
      chains[partition] = checksum
      if bytes.isEmpty {
        bytes.append(LogBatch.version)
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(UInt64(0))
      }
      bytes.appendLittleEndian(UInt32(truncatingIfNeeded: record.count))
      bytes.appendLittleEndian(checksum)
      bytes += record
      recordCount += 1
    }

    /// The blob of the batch with this sequence number, or nil when nothing was appended; the builder is then ready for the
    /// next one.
    mutating func finish(sequence: Int64) -> [UInt8]? {
      guard recordCount > 0 else { return nil }
      let count = recordCount
      bytes.withUnsafeMutableBytes { raw in
        raw.storeBytes(of: count.littleEndian, toByteOffset: 1, as: UInt32.self)
        let frames = UnsafeRawBufferPointer(rebasing: raw[LogBatch.headerLength...])
        let checksum = LogBatch.checksum(of: frames, count: count, sequence: sequence)
        raw.storeBytes(of: checksum.littleEndian, toByteOffset: 5, as: UInt64.self)
      }
      recordCount = 0
      defer { bytes = [] }
      return bytes
    }
  }

  /// A record whose own checksum is still to be compared.
  struct Frame {
    var partition: PartitionID
    var checksum: UInt64
    var record: UnsafeRawBufferPointer
  }

  /// What a blob is, as far as it can be told without the batches before it. Must not outlive its bytes.
  struct Parsed {
    var frames: [Frame] = []
    /// What is wrong with it; frames that could be told apart are there all the same.
    var defect: String?
    /// Whether it is as it was written: a checksum of its own says so.
    var isProven = false
  }

  static func parse(_ blob: UnsafeRawBufferPointer, sequence: Int64) -> Parsed {
    var parsed = Parsed()
    var cursor = ByteCursor(blob)
    guard let version = cursor.integer(UInt8.self), let count = cursor.integer(UInt32.self) else {
      parsed.defect = "its header is cut off"
      return parsed
    }
    switch version {
    case self.version:
      guard let checksum = cursor.integer(UInt64.self) else {
        parsed.defect = "its header is cut off"
        return parsed
      }
      var rest = cursor
      parsed.isProven =
        checksum == self.checksum(of: rest.takeRest(), count: count, sequence: sequence)
        || isPlanted(.ignoreChecksum)
      if !parsed.isProven { parsed.defect = "it has a wrong checksum" }
    case versionWithoutChecksum:
      break
    default:
      parsed.defect = "its framing has version \(version)"
      return parsed
    }
    parsed.frames.reserveCapacity(
      min(Int(count), cursor.count / (frameHeaderLength + StoredRecord.headerLength)))
    for number in 0..<count {
      guard let length = cursor.integer(UInt32.self), let checksum = cursor.integer(UInt64.self),
        length >= StoredRecord.headerLength, let record = cursor.take(Int(length))
      else {
        parsed.defect = parsed.defect ?? "record \(number) of \(count) is cut off"
        parsed.isProven = false
        return parsed
      }
      let partition = PartitionID(rawValue: UInt32(littleEndian: record.loadUnaligned(as: UInt32.self)))
      parsed.frames.append(Frame(partition: partition, checksum: checksum, record: record))
    }
    if cursor.count > 0 {
      parsed.defect = parsed.defect ?? "\(cursor.count) bytes follow its last record"
      parsed.isProven = false
    }
    return parsed
  }

  private static func checksum(
    of frames: UnsafeRawBufferPointer, count: UInt32, sequence: Int64
  ) -> UInt64 {
    var header: [UInt8] = [version]
    header.appendLittleEndian(count)
    let seed = header.withUnsafeBytes { XXH64.hash($0, seed: UInt64(bitPattern: sequence)) }
    return XXH64.hash(frames, seed: seed)
  }
}
