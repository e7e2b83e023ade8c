// Whether what is behind a bad frame of a WAL is in the database file already: pure, over functions that read.

extension WALScan {
  /// SQLite would lay the frames before a bad one over the database file. That is right while the file has nothing that is
  /// newer. After the WAL was copied into the file it has: pages of two moments would be mixed, each with good checksums.
  ///
  /// After a power loss the answer is no: what is copied was synced before, so a bad frame is behind all that was copied.
  /// - Parameters:
  ///   - size: of the WAL, which has a bad frame that later transactions follow.
  ///   - read: of the WAL.
  ///   - page: the content of a page (from 1) of the database file; nil where the file ends before it.
  /// - Returns: whether a page of the file is as a frame has it that SQLite would leave out, and as none before has it.
  package static func wasCopied<Failure: Error>(
    size: Int, badFrame: Int, read: Read<Failure>,
    page: (_ number: UInt32, _ bytes: Int) throws(Failure) -> [UInt8]?
  ) throws(Failure) -> Bool {
    // Without its header all of the WAL is left out, and the file alone is of one moment.
    guard size >= WALHeader.length, let header = WALHeader(try read(0, WALHeader.length)) else {
      return false
    }
    func frame(_ index: Int) throws(Failure) -> (bytes: [UInt8], frame: WALFrame)? {
      let offset = WALHeader.length + index * header.frameLength
      guard offset + header.frameLength <= size else { return nil }
      let bytes = try read(offset, header.frameLength)
      return (bytes, WALFrame(bytes))
    }
    /// Pages as the frames before have them; those of the transaction that has the bad frame are left out.
    var kept: [UInt32: UInt64] = [:]
    var open: [UInt32: UInt64] = [:]
    var end = 0
    for index in 0..<badFrame {
      guard let (bytes, frame) = try frame(index), let number = UInt32(bigEndianBytes: bytes[...]) else {
        break
      }
      open[number] = hash(bytes)
      guard frame.isCommit else { continue }
      kept.merge(open) { $1 }
      open = [:]
      end = index + 1
    }
    // A torn frame can have the head of a new one and behind that what the same page was in an older generation of the WAL,
    // which was copied: only a frame that continues the one before it was ever written.
    var previous = end > 0 ? try frame(end - 1)?.frame.storedChecksum : header.checksum
    while let (bytes, frame) = try frame(end) {
      end += 1
      let continues = previous.map { frame.storedChecksum == frame.checksum(after: $0, header) } ?? false
      previous = frame.storedChecksum
      guard continues, frame.salts == header.salts, let number = UInt32(bigEndianBytes: bytes[...]),
        number > 0,
        kept[number] != hash(bytes),
        let found = try page(number, header.pageSize)
      else { continue }
      if found[...] == bytes.dropFirst(WALFrame.headerLength) { return true }
    }
    return false
  }

  private static func hash(_ frame: [UInt8]) -> UInt64 {
    frame.withUnsafeBytes {
      XXH64.hash(UnsafeRawBufferPointer(rebasing: $0[WALFrame.headerLength...]), seed: 0)
    }
  }
}

extension DataDirectory {
  /// See `WALScan.wasCopied`.
  func mixesMoments(_ databaseFile: String, badFrame: Int) throws(StoreError) -> Bool {
    let wal = databaseFile + "-wal"
    let (sizeOfWAL, sizeOfFile) = (try files.size(of: wal), try files.size(of: databaseFile))
    guard sizeOfFile > 0 else { return false }
    return try files.reading(wal) { (read) throws(StoreError) in
      try files.reading(databaseFile) { (readFile) throws(StoreError) in
        try WALScan.wasCopied(size: sizeOfWAL, badFrame: badFrame, read: read) {
          (number, bytes) throws(StoreError) in
          let offset = (Int(number) - 1) * bytes
          return offset + bytes <= sizeOfFile ? try readFile(offset, bytes) : nil
        }
      }
    }
  }
}
