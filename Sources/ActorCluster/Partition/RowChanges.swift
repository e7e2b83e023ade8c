// Rows that applied records change, coalesced between checkpoints: pure values.
internal import CBOR
package import NodeStore

/// Names one row of an actor, or of the partition's own tables (types that begin with `$`).
package struct RowID: Hashable, Comparable, Sendable {
  package let actor: ActorKey
  package let row: String

  package init(actor: ActorKey, row: String) {
    self.actor = actor
    self.row = row
  }

  package static func < (lhs: RowID, rhs: RowID) -> Bool {
    lhs.actor == rhs.actor ? lhs.row < rhs.row : lhs.actor < rhs.actor
  }
}

package enum RowChange: Equatable, Sendable {
  case put(RowID, [UInt8])
  case delete(RowID)
}

/// What one applied record changes in the state file.
package struct RecordChanges: Sendable {
  package var rows: [RowChange] = []
  package var sessions: [SessionChange] = []
  /// The partition's time after the record.
  package var times: PartitionTimes?
  package var readModel: [ReadModelChange] = []
  /// Actors of which no row remains.
  package var deleted: [ActorKey] = []

  package init() {}

  package mutating func add(_ changes: Changes, of actor: ActorKey) {
    rows += changes.rows.map { change in
      switch change {
      case .put(let key, let value): .put(RowID(actor: actor, row: key), value)
      case .delete(let key): .delete(RowID(actor: actor, row: key))
      }
    }
    readModel += changes.readModel
  }
}

/// Committed changes that no checkpoint has written yet: the last one of each row.
package struct DirtyRows: Sendable {
  private struct ReadModelKey: Hashable, Comparable {
    var table: String
    var key: String

    static func < (lhs: Self, rhs: Self) -> Bool {
      (lhs.table, lhs.key) < (rhs.table, rhs.key)
    }
  }

  private var rows: [RowID: (index: UInt64, value: [UInt8]?)] = [:]
  private var readModel: [ReadModelKey: ReadModelChange] = [:]
  private var deleted: Set<ActorKey> = []
  private var sessions: DirtySessions
  private var times: (index: UInt64, times: PartitionTimes)?

  /// - Parameter writtenThrough: the last entry whose rows the state file may have, or may yet get: that of a checkpoint that is
  ///   still being written when the state is loaded anew without it, and the entries up to there are applied once more.
  package init(writtenThrough: UInt64 = 0) {
    sessions = DirtySessions(writtenThrough: writtenThrough)
  }

  package var count: Int {
    rows.count + readModel.count + deleted.count + sessions.count + (times == nil ? 0 : 1)
  }

  /// An actor's deletion comes before the rows that are put: who is deleted may have been changed since the last checkpoint,
  /// and may begin anew before the next one.
  package mutating func add(_ changes: RecordChanges, at index: UInt64) {
    if !changes.deleted.isEmpty {
      deleted.formUnion(changes.deleted)
      let gone = Set(changes.deleted)
      rows = rows.filter { !gone.contains($0.key.actor) }
    }
    for change in changes.rows {
      switch change {
      case .put(let id, let value): rows[id] = (index, value)
      case .delete(let id): rows[id] = (index, nil)
      }
    }
    for change in changes.sessions { sessions.add(change, at: index) }
    if let times = changes.times { self.times = (index, times) }
    for change in changes.readModel {
      let key = ReadModelKey(table: change.table, key: change.key)
      var merged = change
      if let earlier = readModel[key]?.columns, let later = change.columns {
        // Columns that a change does not name keep their value.
        merged.columns = earlier.merging(later) { $1 }
      }
      readModel[key] = merged
    }
  }

  /// Everything, in order of row, as a checkpoint that brings the state file to `index`; then this is empty.
  /// - Throws: where a value cannot be encoded.
  package mutating func takeCheckpoint(
    of partition: PartitionID, at index: UInt64
  ) throws -> PartitionCheckpoint {
    var checkpoint = PartitionCheckpoint(partition: partition, appliedIndex: index)
    for (index, change) in try sessions.rows() + (times.map { [($0.index, try $0.times.row())] } ?? []) {
      switch change {
      case .put(let id, let value): rows[id] = (index, value)
      case .delete(let id): rows[id] = (index, nil)
      }
    }
    for (id, change) in rows.sorted(by: { $0.key < $1.key }) {
      if let value = change.value {
        checkpoint.puts.append(
          ActorRow(
            actorType: id.actor.type, actorID: id.actor.id, rowKey: id.row, index: change.index, value: value)
        )
      } else {
        checkpoint.deletes.append(
          ActorRowKey(actorType: id.actor.type, actorID: id.actor.id, rowKey: id.row))
      }
    }
    checkpoint.deletedActors = deleted.sorted().map { ActorName(actorType: $0.type, actorID: $0.id) }
    checkpoint.readModel = readModel.sorted(by: { $0.key < $1.key }).map(\.value)
    self = DirtyRows(writtenThrough: sessions.writtenThrough)
    return checkpoint
  }
}

/// What a partition's clock says after a record: a row of its own.
package struct PartitionTimes: Codable, Equatable, Sendable {
  var time: PartitionTime
  var session: Int64

  enum CodingKeys: Int, CodingKey {
    case time = 0
    case session = 1
  }

  static let id = RowID(actor: ActorKey(type: "$partition", id: "time"), row: "")

  /// As the state file has it.
  func row() throws -> RowChange { .put(Self.id, try CBOREncoder().encode(self)) }
}
