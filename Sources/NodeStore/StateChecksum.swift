// The checksums of what the state file holds: XXH64 over every field of a row, so that a row that changed or moved is found.

/// Collects fields so that no two different rows have the same bytes: each is preceded by its kind and, where it varies, its length.
struct StateChecksum {
  private var bytes: [UInt8] = []

  /// SQLite keeps 64 bits, signed.
  var value: Int64 { Int64(bitPattern: bytes.withUnsafeBytes { XXH64.hash($0, seed: 0) }) }

  mutating func add(_ number: Int64) {
    bytes.append(1)
    bytes.appendLittleEndian(number)
  }

  mutating func add(_ text: String) {
    bytes.append(2)
    bytes.appendLittleEndian(UInt64(text.utf8.count))
    bytes += text.utf8
  }

  mutating func add(_ blob: [UInt8]) {
    bytes.append(3)
    bytes.appendLittleEndian(UInt64(blob.count))
    bytes += blob
  }

  mutating func add(_ value: SQLValue) {
    switch value {
    case .null: bytes.append(0)
    case .integer(let integer): add(integer)
    case .text(let text): add(text)
    case .real(let real):
      bytes.append(4)
      // SQLite keeps no sign of a zero.
      bytes.appendLittleEndian((real == 0 ? 0 : real).bitPattern)
    }
  }
}

extension StateChecksum {
  /// Of a row of `actor_row`.
  static func actorRow(_ row: ActorRow, partition: Int64, index: Int64) -> Int64 {
    var checksum = StateChecksum()
    checksum.bytes.reserveCapacity(
      80 + row.actorType.utf8.count + row.actorID.utf8.count + row.rowKey.utf8.count + row.value.count)
    checksum.add(partition)
    checksum.add(row.actorType)
    checksum.add(row.actorID)
    checksum.add(row.rowKey)
    checksum.add(index)
    checksum.add(row.value)
    return checksum.value
  }

  /// Of a row of `partition_checkpoint`.
  static func checkpoint(partition: Int64, index: Int64) -> Int64 {
    var checksum = StateChecksum()
    checksum.add(partition)
    checksum.add(index)
    return checksum.value
  }

  /// Of a row of `partition_snapshot`.
  static func marker(partition: Int64, index: Int64, term: Int64, membership: [UInt8]) -> Int64 {
    var checksum = StateChecksum()
    checksum.add(partition)
    checksum.add(index)
    checksum.add(term)
    checksum.add(membership)
    return checksum.value
  }

  /// Of a row of a read model: over the columns that are not NULL, so that a column that is added later changes nothing.
  /// - Parameter columns: of the whole table but its checksum, sorted by their names.
  static func readModelRow(_ columns: [(name: Substring, value: SQLValue)]) -> Int64 {
    var checksum = StateChecksum()
    for column in columns where column.value != .null {
      checksum.add(String(column.name))
      checksum.add(column.value)
    }
    return checksum.value
  }
}
