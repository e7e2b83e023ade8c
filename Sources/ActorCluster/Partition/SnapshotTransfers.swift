// Snapshots of a partition on their way to and from other replicas: a pure value.
package import Raft

/// The bytes of snapshots under way. It holds at most one that is being sent and one that is being received; a
/// snapshot that is being sent goes to all followers that need one.
package struct SnapshotTransfers: Sendable {
  private struct Sending: Sendable {
    var base: LogBase
    var bytes: [UInt8]

    var id: SnapshotID { SnapshotID(index: base.index, term: base.term) }
  }

  private struct Receiving: Sendable {
    var id: SnapshotID
    var bytes: [UInt8]
  }

  /// What came of a chunk.
  package enum Stored: Equatable, Sendable {
    /// The bytes up to here are held.
    case staged(upTo: UInt64)
    /// That was the last one.
    case complete([UInt8])
    /// It does not follow what is held, or would make the snapshot larger than one may be.
    case refused
  }

  private var sending: Sending?
  private var receiving: Receiving?
  /// Who waits for the state file to be read.
  private var waiting: [SnapshotRead] = []
  private let limitBytes: Int
  /// Until then nothing is read, on the host's clock.
  private var pausedUntil: Int64 = .min

  package init(limitBytes: Int) {
    self.limitBytes = limitBytes
  }

  package var isReading: Bool { !waiting.isEmpty }
  package var isSending: Bool { sending != nil || isReading }
  package var isReceiving: Bool { receiving != nil }
  package var bytesHeld: Int { (sending?.bytes.count ?? 0) + (receiving?.bytes.count ?? 0) }
  /// The last entry in the snapshot that is held for sending.
  package var sentIndex: LogIndex? { sending?.base.index }

  // MARK: sending

  /// The chunk that is asked for, if that snapshot is held; else the request waits for `read`.
  package mutating func chunk(for request: SnapshotRead, logBase: LogIndex) -> SnapshotChunk? {
    guard let sending, sending.base.index >= logBase, request.id == nil || request.id == sending.id else {
      waiting.removeAll { $0.to == request.to }
      waiting.append(request)
      return nil
    }
    return Self.chunk(of: sending, request)
  }

  /// The state file was read and encoded. Those who waited get its first chunk.
  package mutating func read(_ bytes: [UInt8], base: LogBase) -> [(to: ReplicaID, chunk: SnapshotChunk)] {
    let sending = Sending(base: base, bytes: bytes)
    self.sending = sending
    defer { waiting = [] }
    return waiting.map { ($0.to, Self.chunk(of: sending, $0)) }
  }

  /// The state file could not be read: who waited.
  package mutating func readFailed() -> [ReplicaID] {
    defer { waiting = [] }
    return waiting.map(\.to)
  }

  /// Nobody needs one any more.
  package mutating func stopSending() {
    sending = nil
    waiting = []
  }

  /// Reading again so soon would find the same.
  package mutating func pause(until time: Int64) { pausedUntil = time }

  package func isPaused(at time: Int64) -> Bool { time < pausedUntil }

  private static func chunk(of sending: Sending, _ request: SnapshotRead) -> SnapshotChunk {
    // Of another snapshot than the one that was asked for only the beginning is of use.
    let offset = request.id == sending.id ? Int(clamping: request.offset) : 0
    let start = min(offset, sending.bytes.count)
    let end = min(start + max(1, request.maxBytes), sending.bytes.count)
    return SnapshotChunk(
      id: sending.id, membership: sending.base.membership, offset: UInt64(start),
      bytes: Array(sending.bytes[start..<end]), isLast: end == sending.bytes.count)
  }

  // MARK: receiving

  /// What has come is of no use any more.
  package mutating func stopReceiving() { receiving = nil }

  package mutating func store(_ chunk: SnapshotChunk) -> Stored {
    // The sender may begin anew, with the same snapshot or another.
    let isContinued = receiving?.id == chunk.id && chunk.offset > 0
    var held =
      isContinued ? receiving ?? Receiving(id: chunk.id, bytes: []) : Receiving(id: chunk.id, bytes: [])
    receiving = nil
    guard chunk.offset == UInt64(held.bytes.count), held.bytes.count + chunk.bytes.count <= limitBytes else {
      return .refused
    }
    held.bytes += chunk.bytes
    if chunk.isLast { return .complete(held.bytes) }
    let end = UInt64(held.bytes.count)
    receiving = held
    return .staged(upTo: end)
  }
}
