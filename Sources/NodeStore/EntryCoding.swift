// A short way to and from the bytes of an entry with a command, which nearly every record of the log is: pure.
internal import CBOR
package import Raft

/// The same bytes as `CBOREncoder` gives for a `LogEntry` (a map of four small keys in their order), without the machinery of
/// `Codable`: at a restart a million of them are read.
package enum EntryCoding {
  private static let map4: UInt8 = 0xA4
  private static let commandKind: UInt8 = 1
  private static let unsignedMajor: UInt8 = 0
  private static let bytesMajor: UInt8 = 2

  /// Appends the encoding of an entry that has a command.
  package static func append(index: LogIndex, term: Term, command: [UInt8], to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + command.count + 31)
    bytes.append(map4)
    bytes.append(0)
    appendHead(unsignedMajor, index, to: &bytes)
    bytes.append(1)
    appendHead(unsignedMajor, term, to: &bytes)
    bytes.append(2)
    bytes.append(commandKind)
    bytes.append(3)
    appendHead(bytesMajor, UInt64(command.count), to: &bytes)
    bytes.append(contentsOf: command)
  }

  /// The entry, when it is one with a command in exactly this form; nil for everything else, which is for `CBORDecoder`.
  package static func decode(_ bytes: UnsafeRawBufferPointer) -> LogEntry? {
    var cursor = ByteCursor(bytes)
    guard cursor.integer(UInt8.self) == map4,
      cursor.integer(UInt8.self) == 0, let index = head(unsignedMajor, &cursor),
      cursor.integer(UInt8.self) == 1, let term = head(unsignedMajor, &cursor),
      cursor.integer(UInt8.self) == 2, cursor.integer(UInt8.self) == commandKind,
      cursor.integer(UInt8.self) == 3, let length = head(bytesMajor, &cursor),
      length == UInt64(cursor.count)
    else { return nil }
    return LogEntry(index: index, term: term, payload: .command([UInt8](cursor.takeRest())))
  }

  private static func appendHead(_ major: UInt8, _ value: UInt64, to bytes: inout [UInt8]) {
    let type = major << 5
    switch value {
    case 0..<24:
      bytes.append(type | UInt8(value))
      return
    case 24...0xFF: bytes.append(type | 24)
    case 0x100...0xFFFF: bytes.append(type | 25)
    case 0x1_0000...0xFFFF_FFFF: bytes.append(type | 26)
    default: bytes.append(type | 27)
    }
    let width = value <= 0xFF ? 1 : value <= 0xFFFF ? 2 : value <= 0xFFFF_FFFF ? 4 : 8
    for shift in stride(from: (width - 1) * 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  private static func head(_ major: UInt8, _ cursor: inout ByteCursor) -> UInt64? {
    guard let first = cursor.integer(UInt8.self), first >> 5 == major else { return nil }
    switch first & 31 {
    case let small where small < 24: return UInt64(small)
    case 24: return cursor.integer(UInt8.self).map(UInt64.init)
    case 25: return cursor.integer(UInt16.self).map { UInt64($0.byteSwapped) }
    case 26: return cursor.integer(UInt32.self).map { UInt64($0.byteSwapped) }
    case 27: return cursor.integer(UInt64.self)?.byteSwapped
    default: return nil
    }
  }
}
