// The epochs that a node's files have lived through, and where the logs of each begin to differ from those before: values.
internal import CBOR
public import Raft

/// A time in the life of a cluster that began when a person had one node go on without the others.
///
/// The first has the number 1, and files that say nothing are of it. Later ones have greater numbers. 0 is said by files that
/// hold no replica yet: they take on the epoch of whoever assigns them one.
public struct StoreEpoch: Codable, Equatable, Sendable {
  public static let none: UInt64 = 0
  public static let first: UInt64 = 1

  public var number: UInt64
  /// What the node that went on had of each partition, ascending. Empty where that is not known.
  public var forks: [LogFork]

  public init(number: UInt64, forks: [LogFork] = []) {
    self.number = number
    self.forks = forks
  }

  enum CodingKeys: Int, CodingKey {
    case number = 0
    case forks = 1
  }

  /// The epoch that these files are of.
  static func current(of epochs: [StoreEpoch]) -> UInt64 { epochs.map(\.number).max() ?? first }

  /// So many are remembered; a node that was away for longer cannot be told any more what of its log the others have.
  static let kept = 8
}

/// What a log held when its node went on alone: the last index of each of its latest terms.
///
/// A term has one leader, so two logs that both have entries of a term agree up to the end of the shorter part. That is enough
/// to tell how far another log is the same.
public struct LogFork: Codable, Equatable, Sendable {
  public struct Run: Codable, Equatable, Sendable {
    public var term: Term
    /// Of the last entry of that term.
    public var last: LogIndex

    public init(term: Term, last: LogIndex) {
      self.term = term
      self.last = last
    }

    enum CodingKeys: Int, CodingKey {
      case term = 0
      case last = 1
    }
  }

  /// So many terms are kept, the latest.
  public static let kept = 16

  public var partition: PartitionID
  /// Ascending; at least one, that of the end.
  public var runs: [Run]

  enum CodingKeys: Int, CodingKey {
    case partition = 0
    case runs = 1
  }

  public init(partition: PartitionID, runs: [Run]) {
    self.partition = partition
    self.runs = runs
  }

  /// Of a log as it is.
  public init(_ partition: PartitionID, _ log: RecoveredLog?) {
    var runs: [Run] = []
    if let base = log?.base { runs.append(Run(term: base.term, last: base.index)) }
    for entry in log?.entries ?? [] {
      if let last = runs.indices.last, runs[last].term == entry.term {
        runs[last].last = entry.index
      } else {
        runs.append(Run(term: entry.term, last: entry.index))
      }
    }
    self.init(
      partition: partition, runs: runs.isEmpty ? [Run(term: 0, last: 0)] : Array(runs.suffix(Self.kept)))
  }

  /// The last index up to which that log is the same as this one.
  /// - Returns: nil if that cannot be told: the two have no term in common that is remembered.
  public func sharedIndex(with log: RecoveredLog) -> LogIndex? {
    for entry in log.entries.reversed() {
      if let run = runs.first(where: { $0.term == entry.term }) {
        // What is longer than the other's part of the term is not there.
        return min(run.last, entry.index)
      }
    }
    let base = log.base.map { Run(term: $0.term, last: $0.index) } ?? Run(term: 0, last: 0)
    if log.entries.isEmpty, base.last == 0 { return 0 }
    guard let run = runs.first(where: { $0.term == base.term }) else { return nil }
    return min(run.last, base.last)
  }
}

extension StoreEpoch {
  /// What a person's decision makes durable in one transaction; see `NodeStore.recover`.
  struct Recovery: Sendable {
    var epoch: StoreEpoch
    var partitions: [(PartitionID, [StoredRecord])]
  }

  /// The bytes of the forks as the log file keeps them, and their checksum with the number.
  func stored() throws -> (forks: [UInt8], checksum: UInt64) {
    let bytes = try CBOREncoder().encode(forks)
    return (bytes, RecordChecksum.hash(bytes, seed: number))
  }

  /// Nil when the bytes are not what was written.
  init?(number: UInt64, stored bytes: [UInt8], checksum: UInt64) {
    guard RecordChecksum.hash(bytes, seed: number) == checksum,
      let forks = try? CBORDecoder().decode([LogFork].self, from: bytes)
    else { return nil }
    self.init(number: number, forks: forks)
  }
}
