// The blob of one writer batch: framing and checksums. Pure.
internal import PlantedBugs

/// Builds and splits the blob that is one row of the log file.
///
/// Bytes: the version of this framing (1 byte), the number of records (4 bytes, little-endian), then each record as its
/// length (4 bytes), its chained checksum (8 bytes, see `RecordChecksum`) and its bytes (see `StoredRecord`).
enum LogBatch {
  static let version: UInt8 = 1
  static let headerLength = 5
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

    mutating func append(_ record: [UInt8], of partition: PartitionID) {
      let checksum = RecordChecksum.hash(record, seed: chains[partition, default: 0])
      chains[partition] = checksum
      if bytes.isEmpty {
        bytes.append(LogBatch.version)
        bytes.appendLittleEndian(UInt32(0))
      }
      bytes.appendLittleEndian(UInt32(truncatingIfNeeded: record.count))
      bytes.appendLittleEndian(checksum)
      bytes += record
      recordCount += 1
    }

    /// The blob, or nil when nothing was appended; the builder is then ready for the next one.
    mutating func finish() -> [UInt8]? {
      guard recordCount > 0 else { return nil }
      bytes.withUnsafeMutableBytes { raw in
        raw.storeBytes(of: recordCount.littleEndian, toByteOffset: 1, as: UInt32.self)
      }
      recordCount = 0
      defer { bytes = [] }
      return bytes
    }
  }

  /// What does not fit in a blob.
  struct Malformed: Error, CustomStringConvertible {
    var partition: PartitionID?
    var description: String
  }

  struct Frame {
    var partition: PartitionID
    var record: ArraySlice<UInt8>
  }

  /// The records of a blob, in order, each found right by its checksum.
  /// - Parameter chains: the last checksum of each partition before this blob, and then after it.
  static func frames(of blob: [UInt8], chains: inout [PartitionID: UInt64]) throws(Malformed) -> [Frame] {
    guard let version = blob.first, let count = UInt32(littleEndianBytes: blob.dropFirst()) else {
      throw Malformed(description: "its header is cut off")
    }
    guard version == self.version else {
      throw Malformed(description: "its framing has version \(version)")
    }
    var frames: [Frame] = []
    var rest = blob.dropFirst(headerLength)
    for number in 0..<count {
      let record = rest.dropFirst(frameHeaderLength)
      guard let length = UInt32(littleEndianBytes: rest),
        let checksum = UInt64(littleEndianBytes: rest.dropFirst(4)),
        length >= StoredRecord.headerLength, length <= record.count,
        let partition = UInt32(littleEndianBytes: record).map(PartitionID.init(rawValue:))
      else {
        throw Malformed(description: "record \(number) of \(count) is cut off")
      }
      let bytes = record.prefix(Int(length))
      guard
        checksum == bytes.withUnsafeBytes({ RecordChecksum.hash($0, seed: chains[partition, default: 0]) })
          || isPlanted(.ignoreChecksum)
      else {
        throw Malformed(
          partition: partition, description: "record \(number) of \(count) has a wrong checksum")
      }
      chains[partition] = checksum
      frames.append(Frame(partition: partition, record: bytes))
      rest = record.dropFirst(Int(length))
    }
    guard rest.isEmpty else {
      throw Malformed(description: "\(rest.count) bytes follow its last record")
    }
    return frames
  }
}
