// Epochs as everything above the store sees them, and what a person's decision to go on alone makes durable.
internal import Foundation
public import Raft

/// What one partition is to go on with; see `NodeStore.recover`.
public struct ForcedMembership: Equatable, Sendable {
  public var partition: PartitionID
  /// The log's next entry, which names who is left.
  public var entry: LogEntry
  public var hardState: HardState

  public init(partition: PartitionID, entry: LogEntry, hardState: HardState) {
    self.partition = partition
    self.entry = entry
    self.hardState = hardState
  }
}

extension NodeStore {
  /// The epochs that these files know, ascending, as found at `open`; none in files of the first.
  public var epochs: [StoreEpoch] { memory.epochs }

  /// The epoch of these files as found at `open`. 1 is the first; 0: they hold no replica yet.
  public var epoch: UInt64 { StoreEpoch.current(of: memory.epochs) }

  /// Takes on the epoch of the node that assigns replicas to these files. In order with `assignReplica`, and durable like it.
  public func adopt(
    _ epochs: [StoreEpoch], completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
  ) {
    log.append(LogWrite(.epochs(epochs)), completion: completion)
  }

  /// A person has had this node go on without the others: begins the epoch and appends what each partition goes on with, all
  /// in one transaction, so that a crash leaves all of it or nothing.
  /// - Throws: `.invalidRequest` when an entry does not follow its log; nothing was written then.
  package func recover(
    _ epoch: StoreEpoch, _ partitions: [ForcedMembership]
  ) async throws(StoreError) {
    let records = partitions.map {
      ($0.partition, [StoredRecord.entry($0.entry), StoredRecord.hardState($0.hardState)])
    }
    let recovery = StoreEpoch.Recovery(epoch: epoch, partitions: records)
    let all = memory.epochs + [epoch]
    let result = await withCheckedContinuation { continuation in
      log.append(LogWrite(.recovery(recovery, epochs: all))) { continuation.resume(returning: $0) }
    }
    try result.get()
  }

  // MARK: files of an earlier epoch

  /// Leaves what a node of a later epoch said of it, for the next start, which writes out what these files have beyond that
  /// before it sets them aside. Best effort: without it more is written out.
  public func markSuperseded(notice: [UInt8], _ reason: String) {
    try? directory.files.write(notice, to: directory.supersededMarker)
    directory.markSuspect(reason)
  }

  /// What `markSuperseded` left; nil when it did not.
  package var supersededNotice: [UInt8]? {
    (try? directory.files.contents(of: directory.supersededMarker)) ?? nil
  }

  /// Writes a file of the data directory that a person is to see, piece by piece; whole and durable when this returns.
  /// - Parameter body: is given a function that appends to the file.
  /// - Returns: where it is.
  package func writeForPeople(
    name: String, _ body: (_ append: ([UInt8]) throws -> Void) throws -> Void
  ) throws -> String {
    let path = directory.path + "/" + name
    let part = path + ".part"
    try directory.files.write([], to: part)
    let file = try FileHandle(forWritingTo: URL(filePath: part))
    defer { try? file.close() }
    try body { try file.write(contentsOf: Data($0)) }
    try file.synchronize()
    try directory.files.rename(part, to: path)
    try directory.sync()
    return path
  }
}

extension DataDirectory {
  var supersededMarker: String { path + "/superseded" }
}
