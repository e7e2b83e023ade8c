// The header, the frames and the checksum of an SQLite WAL: values, pure.
// https://www.sqlite.org/fileformat2.html section 4.1 to 4.3

struct WALSalts: Equatable {
  var first: UInt32
  var second: UInt32
}

/// The running checksum: it goes through the header and every frame.
struct WALChecksum: Equatable {
  var first: UInt32 = 0
  var second: UInt32 = 0

  /// Over an even number of 32-bit words.
  mutating func add(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) {
    var (first, second) = (self.first, self.second)
    bytes.withUnsafeBytes { raw in
      for offset in stride(from: 0, to: raw.count - 7, by: 8) {
        let left = raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let right = raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        first &+= (bigEndian ? UInt32(bigEndian: left) : UInt32(littleEndian: left)) &+ second
        second &+= (bigEndian ? UInt32(bigEndian: right) : UInt32(littleEndian: right)) &+ first
      }
    }
    (self.first, self.second) = (first, second)
  }
}

struct WALHeader: Equatable {
  static let length = 32
  private static let magic: UInt32 = 0x377F_0682

  var bigEndian: Bool
  var pageSize: Int
  var salts: WALSalts
  var checksum: WALChecksum

  var frameLength: Int { WALFrame.headerLength + pageSize }

  /// nil when the header is not one, or does not fit its checksum.
  init?(_ bytes: [UInt8]) {
    let words = stride(from: 0, to: Self.length, by: 4).compactMap {
      UInt32(bigEndianBytes: bytes.dropFirst($0))
    }
    guard words.count == 8, words[0] & ~1 == Self.magic, Self.isPageSize(words[2]) else { return nil }
    bigEndian = words[0] & 1 == 1
    pageSize = Int(words[2])
    salts = WALSalts(first: words[4], second: words[5])
    checksum = WALChecksum()
    checksum.add(bytes.prefix(24), bigEndian: bigEndian)
    guard checksum == WALChecksum(first: words[6], second: words[7]) else { return nil }
  }

  private init(bigEndian: Bool, pageSize: Int) {
    self.bigEndian = bigEndian
    self.pageSize = pageSize
    salts = WALSalts(first: 0, second: 0)
    checksum = WALChecksum()
  }

  /// What a bad header may have been: this file's page size or SQLite's usual one, and both byte orders.
  static func guesses(_ bytes: [UInt8]) -> [WALHeader] {
    var sizes: [UInt32] = [4096]
    if let stored = UInt32(bigEndianBytes: bytes.dropFirst(8)), isPageSize(stored), stored != 4096 {
      sizes.append(stored)
    }
    return sizes.flatMap { size in
      [false, true].map { WALHeader(bigEndian: $0, pageSize: Int(size)) }
    }
  }

  private static func isPageSize(_ size: UInt32) -> Bool {
    size >= 512 && size <= 65536 && size & (size - 1) == 0
  }
}

struct WALFrame {
  static let headerLength = 24

  private let bytes: [UInt8]
  /// Whether the frame ends a transaction: it gives the size of the database after it.
  let isCommit: Bool
  let salts: WALSalts
  let storedChecksum: WALChecksum

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    func word(_ index: Int) -> UInt32 { UInt32(bigEndianBytes: bytes.dropFirst(index * 4)) ?? 0 }
    isCommit = word(1) != 0
    salts = WALSalts(first: word(2), second: word(3))
    storedChecksum = WALChecksum(first: word(4), second: word(5))
  }

  /// What the stored checksum must be when the frame follows one with `previous`.
  func checksum(after previous: WALChecksum, _ header: WALHeader) -> WALChecksum {
    var sum = previous
    sum.add(bytes.prefix(8), bigEndian: header.bigEndian)
    sum.add(bytes.dropFirst(Self.headerLength), bigEndian: header.bigEndian)
    return sum
  }
}
