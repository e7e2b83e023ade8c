// Tells a torn tail of an SQLite WAL from damage in its middle: pure, over a function that reads.
// https://www.sqlite.org/fileformat2.html section 4 and https://www.sqlite.org/walformat.html

/// What a WAL file holds, judged before SQLite opens it. SQLite ends a WAL at the first frame whose checksum is wrong,
/// and says nothing: one flipped bit takes every later commit with it.
///
/// The rule, for a WAL written with `synchronous=FULL`: a transaction begins only after the one before it was synced. So
/// the last transaction may be torn in any order, but when a bad frame is followed by proof that a later transaction began,
/// the bad frame was on stable storage once: it is damage. Proof is a commit frame at or after the bad one, and a next frame
/// that continues it: its stored checksum follows from the commit frame's, and its salts are the WAL's. Old frames that a
/// reset or a rollback left behind do not continue a newer frame, so they prove nothing.
///
/// What it cannot see: damage in the last transaction (it looks like a tear), and, when only one whole transaction follows
/// it, a flipped bit that took the commit mark itself from a frame.
package enum WALScan: Equatable, Sendable {
  /// Every frame up to the end, or up to what older generations left, is good and committed.
  case clean
  /// The last transaction is incomplete. SQLite keeps the bytes before `validBytes`.
  case tornTail(validBytes: Int)
  /// The same, and every frame of it that is there is good: so a process leaves it that was killed while it wrote, on a
  /// machine that lived on.
  case unfinishedTail(validBytes: Int)
  /// A frame (from 0) that was committed and synced is bad. Frame 0 also stands for the header.
  case damaged(frame: Int)

  /// Where the log is cut; nil where nothing is.
  package var cut: Int? {
    switch self {
    case .tornTail(let validBytes), .unfinishedTail(let validBytes): validBytes
    case .clean, .damaged: nil
    }
  }

  package typealias Read<Failure: Error> = (_ offset: Int, _ count: Int) throws(Failure) -> [UInt8]

  /// - Parameters:
  ///   - size: the size of the file in bytes.
  ///   - read: gives exactly `count` bytes at `offset`, both within `size`.
  package static func scan<Failure: Error>(size: Int, read: Read<Failure>) throws(Failure) -> WALScan {
    guard size >= WALHeader.length else {
      return size == 0 ? .clean : .tornTail(validBytes: 0)
    }
    let bytes = try read(0, WALHeader.length)
    if let header = WALHeader(bytes) {
      return try scan(size: size, header: header, read: read)
    }
    // The header is synced before the first frame. With frames of two transactions behind it, it was good once.
    for guess in WALHeader.guesses(bytes)
    where try provesLaterTransaction(from: 0, size, guess, salts: nil, read) {
      return .damaged(frame: 0)
    }
    return .tornTail(validBytes: 0)
  }

  private static func scan<Failure: Error>(
    size: Int, header: WALHeader, read: Read<Failure>
  ) throws(Failure) -> WALScan {
    var sum = header.checksum
    var committed = WALHeader.length
    var offset = WALHeader.length
    var index = 0
    while offset + header.frameLength <= size {
      let frame = WALFrame(try read(offset, header.frameLength))
      let expected = frame.checksum(after: sum, header)
      guard frame.salts == header.salts, frame.storedChecksum == expected else {
        if try provesLaterTransaction(from: index, size, header, salts: header.salts, known: expected, read) {
          return .damaged(frame: index)
        }
        // Frames of older generations have other salts; zeros are a file that grew before its content arrived.
        let isLeftover = frame.salts != header.salts && frame.salts != WALSalts(first: 0, second: 0)
        guard isLeftover else { return .tornTail(validBytes: committed) }
        return committed == offset ? .clean : .unfinishedTail(validBytes: committed)
      }
      sum = expected
      offset += header.frameLength
      index += 1
      if frame.isCommit { committed = offset }
    }
    return offset == size && committed == offset ? .clean : .unfinishedTail(validBytes: committed)
  }

  /// Whether some commit frame at or after `first` is continued by the frame after it.
  /// - Parameters:
  ///   - salts: what the continuing frame must have; nil when the header, which knows them, is bad.
  ///   - known: the checksum that frame `first` must have by what precedes it, for when the stored one is what is bad.
  private static func provesLaterTransaction<Failure: Error>(
    from first: Int, _ size: Int, _ header: WALHeader, salts: WALSalts?, known: WALChecksum? = nil,
    _ read: Read<Failure>
  ) throws(Failure) -> Bool {
    var offset = WALHeader.length + first * header.frameLength
    var previous: WALFrame?
    var known = known
    while offset + header.frameLength <= size {
      let frame = WALFrame(try read(offset, header.frameLength))
      if let previous, previous.isCommit, frame.salts == salts ?? previous.salts {
        let continues = frame.storedChecksum == frame.checksum(after: previous.storedChecksum, header)
        let continuesKnown = known.map { frame.storedChecksum == frame.checksum(after: $0, header) } ?? false
        if continues || continuesKnown { return true }
      }
      if previous != nil { known = nil }
      previous = frame
      offset += header.frameLength
    }
    return false
  }
}
