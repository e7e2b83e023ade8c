// One record of the log file and its bytes: a value, pure.
internal import CBOR
internal import Raft

/// What the log says about one partition, one step at a time.
///
/// Bytes: the partition (4 bytes, little-endian), the kind (1 byte), then the content: the index (8 bytes,
/// little-endian) of a truncation, the CBOR of an entry or of a hard state, a byte of flags and the CBOR of a base, or the
/// batch (8 bytes, little-endian) of a reset.
enum StoredRecord: Equatable, Sendable {
  /// Entries at this index and above are void.
  case truncate(from: LogIndex)
  case entry(LogEntry)
  case hardState(HardState)
  /// The log begins after it: entries up to its index are void, and with `resets` all the others that came before.
  case base(LogBase, resets: Bool)
  /// Everything that came before is void, and the chain of checksums starts anew with this record. It says in which batch it
  /// is, because nothing else ties it to its place.
  case reset(batch: Int64)

  private enum Kind: UInt8 {
    case truncate = 1
    case entry = 2
    case hardState = 3
    case base = 4
    case reset = 5
  }

  static let headerLength = 5

  /// A request as records, in the order in which they take effect.
  static func records(of request: PersistRequest) -> [StoredRecord] {
    var records: [StoredRecord] = []
    records.reserveCapacity(request.entries.count + 3)
    if let base = request.base {
      records.append(.base(base, resets: request.resetsLog))
    }
    if let index = request.truncateFrom {
      records.append(.truncate(from: index))
    }
    for entry in request.entries {
      records.append(.entry(entry))
    }
    if let hardState = request.hardState {
      records.append(.hardState(hardState))
    }
    return records
  }

  func encoded(partition: PartitionID, encoder: CBOREncoder) throws -> [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .truncate(let index):
      Self.start(&bytes, partition, .truncate)
      bytes.appendLittleEndian(index)
    case .entry(let entry):
      Self.start(&bytes, partition, .entry)
      if case .command(let command) = entry.payload {
        EntryCoding.append(index: entry.index, term: entry.term, command: command, to: &bytes)
      } else {
        bytes += try encoder.encode(entry)
      }
    case .hardState(let hardState):
      Self.start(&bytes, partition, .hardState)
      bytes += try encoder.encode(hardState)
    case .base(let base, let resets):
      Self.start(&bytes, partition, .base)
      bytes.append(resets ? 1 : 0)
      bytes += try encoder.encode(base)
    case .reset(let batch):
      Self.start(&bytes, partition, .reset)
      bytes.appendLittleEndian(batch)
    }
    return bytes
  }

  private static func start(_ bytes: inout [UInt8], _ partition: PartitionID, _ kind: Kind) {
    bytes.appendLittleEndian(partition.rawValue)
    bytes.append(kind.rawValue)
  }

  /// What is wrong with a record whose checksum fits: it was written so, by a defect or by a newer version.
  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  /// Whether it is a reset, whose checksum does not continue its partition's chain.
  static func isReset(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= headerLength && bytes[headerLength - 1] == Kind.reset.rawValue
  }

  /// The record without its partition, which the frame's reader needs before (for the checksum).
  static func decode(_ bytes: UnsafeRawBufferPointer, decoder: CBORDecoder) throws -> StoredRecord {
    var content = ByteCursor(bytes)
    guard content.take(headerLength - 1) != nil, let number = content.integer(UInt8.self) else {
      throw Unreadable(description: "a record of \(bytes.count) bytes")
    }
    switch Kind(rawValue: number) {
    case .truncate:
      guard content.count == 8, let index = content.integer(UInt64.self) else {
        throw Unreadable(description: "a truncation record of \(content.count) bytes")
      }
      return .truncate(from: index)
    case .entry:
      let rest = content.takeRest()
      return .entry(try EntryCoding.decode(rest) ?? decoder.decode(LogEntry.self, from: [UInt8](rest)))
    case .hardState:
      return .hardState(try decoder.decode(HardState.self, from: [UInt8](content.takeRest())))
    case .base:
      guard let flags = content.integer(UInt8.self), flags <= 1 else {
        throw Unreadable(description: "a base with flags that this version does not know")
      }
      let base = try decoder.decode(LogBase.self, from: [UInt8](content.takeRest()))
      return .base(base, resets: flags == 1)
    case .reset:
      guard content.count == 8, let batch = content.integer(Int64.self) else {
        throw Unreadable(description: "a reset record of \(content.count) bytes")
      }
      return .reset(batch: batch)
    case nil:
      throw Unreadable(description: "a record of kind \(number), which this version does not know")
    }
  }
}
