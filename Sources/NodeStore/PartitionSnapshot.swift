// The whole state of a partition at one log index, and its bytes on the wire: values, pure.
internal import CBOR

/// A row of a read model as a snapshot carries it.
public struct SnapshotReadModelRow: Equatable, Sendable {
  public var table: String
  public var key: String
  /// The applied index of the checkpoint that last wrote the row.
  public var index: UInt64
  /// The columns that are not NULL.
  public var columns: [String: SQLValue]

  public init(table: String, key: String, index: UInt64, columns: [String: SQLValue]) {
    self.table = table
    self.key = key
    self.index = index
    self.columns = columns
  }
}

/// Everything that the state file holds of one partition. Two equal states have equal bytes.
public struct PartitionSnapshot: Equatable, Sendable {
  /// The last entry whose effects are included.
  public var appliedIndex: UInt64
  /// Sorted by actor type, actor id and row key.
  public var rows: [ActorRow]
  /// Sorted by table and key.
  public var readModel: [SnapshotReadModelRow]

  public init(appliedIndex: UInt64, rows: [ActorRow] = [], readModel: [SnapshotReadModelRow] = []) {
    self.appliedIndex = appliedIndex
    self.rows = rows
    self.readModel = readModel
  }
}

/// A snapshot as it is sent to other replicas.
public struct EncodedSnapshot: Equatable, Sendable {
  /// The last entry whose effects are included.
  public var appliedIndex: UInt64
  /// See `PartitionSnapshot.encoded()`.
  public var bytes: [UInt8]

  public init(appliedIndex: UInt64, bytes: [UInt8]) {
    self.appliedIndex = appliedIndex
    self.bytes = bytes
  }
}

/// Why bytes are no snapshot.
public enum SnapshotDecodingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// They are not what was sent.
  case damaged(detail: String)
  /// A newer version made them.
  case newerFormat(version: UInt8)

  /// Whether the same snapshot, fetched again, may be good.
  public var isRetryable: Bool {
    switch self {
    case .damaged: true
    case .newerFormat: false
    }
  }

  public var description: String {
    switch self {
    case .damaged(let detail):
      "The snapshot is damaged: \(detail). Fetch it again."
    case .newerFormat(let version):
      "The snapshot has format \(version), which is newer than this version understands. Upgrade this node."
    }
  }
}

extension PartitionSnapshot {
  /// Bytes: the format's version (1 byte), CBOR, then XXH64 over both (8 bytes, little-endian).
  private static let format: UInt8 = 1
  private static let limits = CBORLimits(maximumBytes: .max)

  /// For another replica, to be sent in chunks.
  public func encoded() throws(StoreError) -> [UInt8] {
    do {
      var bytes = [Self.format]
      bytes += try CBOREncoder(limits: Self.limits).encode(Form(self))
      bytes.appendLittleEndian(bytes.withUnsafeBytes { XXH64.hash($0, seed: 0) })
      return bytes
    } catch {
      throw .invalidRequest(detail: "a snapshot cannot be encoded: \(error)")
    }
  }

  /// Checks the checksum before anything else.
  public init(encoded bytes: [UInt8]) throws(SnapshotDecodingError) {
    guard bytes.count > 9, let checksum = UInt64(littleEndianBytes: bytes.suffix(8)) else {
      throw .damaged(detail: "it has only \(bytes.count) bytes")
    }
    let content = bytes.dropLast(8)
    guard content.withUnsafeBytes({ XXH64.hash($0, seed: 0) }) == checksum else {
      throw .damaged(detail: "its checksum is wrong")
    }
    guard bytes[0] <= Self.format else {
      throw .newerFormat(version: bytes[0])
    }
    do {
      self = try CBORDecoder(limits: Self.limits).decode(Form.self, from: content.dropFirst()).snapshot
    } catch {
      throw .damaged(detail: "\(error)")
    }
  }
}

// MARK: - The encoded form: maps with integer keys, of which readers skip those that they do not know

private struct Form: Codable {
  var appliedIndex: UInt64
  var rows: [Row]
  var readModel: [ReadModelRow]

  enum CodingKeys: Int, CodingKey {
    case appliedIndex = 0
    case rows = 1
    case readModel = 2
  }

  struct Row: Codable {
    var actorType: String
    var actorID: String
    var rowKey: String
    var index: UInt64
    var value: [UInt8]

    enum CodingKeys: Int, CodingKey {
      case actorType = 0
      case actorID = 1
      case rowKey = 2
      case index = 3
      case value = 4
    }
  }

  struct ReadModelRow: Codable {
    var table: String
    var key: String
    var index: UInt64
    var columns: [Column]

    enum CodingKeys: Int, CodingKey {
      case table = 0
      case key = 1
      case index = 2
      case columns = 3
    }
  }

  /// One of the values is there; none is NULL.
  struct Column: Codable {
    var name: String
    var text: String?
    var integer: Int64?
    var real: Double?

    enum CodingKeys: Int, CodingKey {
      case name = 0
      case text = 1
      case integer = 2
      case real = 3
    }

    init(_ name: String, _ value: SQLValue) {
      self.name = name
      switch value {
      case .text(let text): self.text = text
      case .integer(let integer): self.integer = integer
      case .real(let real): self.real = real
      case .null: break
      }
    }

    var value: SQLValue {
      text.map(SQLValue.text) ?? integer.map(SQLValue.integer) ?? real.map(SQLValue.real) ?? .null
    }
  }

  init(_ snapshot: PartitionSnapshot) {
    appliedIndex = snapshot.appliedIndex
    rows = snapshot.rows.map {
      Row(actorType: $0.actorType, actorID: $0.actorID, rowKey: $0.rowKey, index: $0.index, value: $0.value)
    }
    readModel = snapshot.readModel.map { row in
      ReadModelRow(
        table: row.table, key: row.key, index: row.index,
        columns: row.columns.sorted { $0.key < $1.key }.map { Column($0.key, $0.value) })
    }
  }

  var snapshot: PartitionSnapshot {
    PartitionSnapshot(
      appliedIndex: appliedIndex,
      rows: rows.map {
        ActorRow(
          actorType: $0.actorType, actorID: $0.actorID, rowKey: $0.rowKey, index: $0.index, value: $0.value)
      },
      readModel: readModel.map { row in
        SnapshotReadModelRow(
          table: row.table, key: row.key, index: row.index,
          columns: Dictionary(row.columns.map { ($0.name, $0.value) }) { first, _ in first })
      })
  }
}
