// Where the log file begins after older batches were deleted, and its bytes: a value, pure.
internal import Raft

/// The first batch that is there, and where every partition's log stood before it. Stored in the transaction that deletes what
/// comes before. It also names every partition that the log has ever had a record of, so that a damaged batch cannot make one
/// look as if it had never been there.
///
/// Bytes: the version (1 byte), the first batch (8, little-endian), the number of partitions (4), each as its number (4), its
/// flags (1), its chain (8), the index of its next entry (8) and that of its base (8); at the end the checksum of all that (8).
struct LogStart: Equatable {
  private static let version: UInt8 = 1
  private static let brokenFlag: UInt8 = 1
  private static let doubtfulFlag: UInt8 = 2
  private static let voidFlag: UInt8 = 4
  private static let nextFlag: UInt8 = 8
  private static let hardStateFlag: UInt8 = 16

  var first: Int64 = 1
  var partitions: [PartitionID: LogTrack] = [:]

  init() {}

  init(_ tracks: LogTracks) {
    first = tracks.next
    partitions = tracks.partitions
  }

  var tracks: LogTracks { LogTracks(next: first, partitions: partitions) }

  func encoded() -> [UInt8] {
    var bytes: [UInt8] = [Self.version]
    bytes.appendLittleEndian(first)
    bytes.appendLittleEndian(UInt32(truncatingIfNeeded: partitions.count))
    for (partition, track) in partitions.sorted(by: { $0.key < $1.key }) {
      var flags = track.isVoid ? Self.voidFlag : 0
      switch track.condition {
      case .sound: break
      case .doubtful: flags |= Self.doubtfulFlag
      case .broken: flags |= Self.brokenFlag
      }
      if track.tail.nextIndex != nil { flags |= Self.nextFlag }
      if track.hasHardState { flags |= Self.hardStateFlag }
      bytes.appendLittleEndian(partition.rawValue)
      bytes.append(flags)
      bytes.appendLittleEndian(track.chain)
      bytes.appendLittleEndian(track.tail.nextIndex ?? 0)
      bytes.appendLittleEndian(track.tail.baseIndex)
    }
    bytes.appendLittleEndian(bytes.withUnsafeBytes { XXH64.hash($0, seed: 0) })
    return bytes
  }

  /// nil when the bytes are not what was written.
  init?(encoded bytes: [UInt8]) {
    guard bytes.count > 8, bytes.first == Self.version,
      UInt64(littleEndianBytes: bytes.suffix(8))
        == bytes.dropLast(8).withUnsafeBytes({ XXH64.hash($0, seed: 0) })
    else { return nil }
    let found = bytes.dropLast(8).withUnsafeBytes { raw -> (Int64, [PartitionID: LogTrack])? in
      var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: raw[1...]))
      guard let first = cursor.integer(Int64.self), let count = cursor.integer(UInt32.self) else {
        return nil
      }
      var partitions: [PartitionID: LogTrack] = [:]
      for _ in 0..<count {
        guard let partition = cursor.integer(UInt32.self), let flags = cursor.integer(UInt8.self),
          let chain = cursor.integer(UInt64.self), let next = cursor.integer(UInt64.self),
          let base = cursor.integer(UInt64.self)
        else { return nil }
        var track = LogTrack(chain: chain)
        track.tail = LogTail(nextIndex: flags & Self.nextFlag != 0 ? next : nil, baseIndex: base)
        track.isVoid = flags & Self.voidFlag != 0
        track.hasHardState = flags & Self.hardStateFlag != 0
        if flags & Self.brokenFlag != 0 {
          track.condition = .broken("a batch that is no longer there was bad")
        } else if flags & Self.doubtfulFlag != 0 {
          track.condition = .doubtful("a batch that is no longer there was bad")
        }
        partitions[PartitionID(rawValue: partition)] = track
      }
      return cursor.count == 0 ? (first, partitions) : nil
    }
    guard let found else { return nil }
    (first, partitions) = found
  }
}
