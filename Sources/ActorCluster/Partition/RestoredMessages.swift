// Makes the partitions of a backup agree on their messages: a value's work, pure.
package import NodeStore

/// A backup has each partition as of its own last checkpoint. So the numbers of the messages between two of them need not
/// fit, and left alone they would do harm for good:
/// - A receiver that is ahead would take the sender's next messages for those that it has had, and drop them.
/// - A sender that is ahead no longer holds what the receiver has forgotten, and the receiver would wait for it forever.
///
/// So the numbers begin anew: a receiver forgets what it has had, and a sender holds what the receiver had not. No message
/// that is sent after the restore, or held in the backup, is lost or applied twice. What the receiver has had stays done,
/// though an older sender may not remember it; what a newer sender no longer holds is lost, with all else that came after the
/// receiver's checkpoint.
package enum RestoredMessages {
  /// - Parameter tables: the partitions' own rows, as the backup has them.
  /// - Returns: the rows to change; the same for the same backup. In each, the deletions come before the puts.
  package static func adjusted(_ tables: [PartitionID: LoadedPartition]) throws -> [PartitionCheckpoint] {
    var outboxes: [PartitionID: Outbox] = [:]
    var inboxes: [PartitionID: Watermarks] = [:]
    for (partition, loaded) in tables {
      var (outbox, inbox) = (Outbox(), Watermarks())
      for row in loaded.rows {
        switch row.actorType {
        case Outbox.rowType: try outbox.restore(partition: row.actorID, row: row.rowKey, value: row.value)
        case Watermarks.rowType: try inbox.restore(partition: row.actorID, value: row.value)
        default: break
        }
      }
      (outboxes[partition], inboxes[partition]) = (outbox, inbox)
    }
    return try tables.sorted { $0.key < $1.key }.map { partition, loaded in
      var outbox = outboxes[partition] ?? Outbox()
      var inbox = inboxes[partition] ?? Watermarks()
      var changes = inbox.forgetAll()
      for receiver in outbox.all {
        // One that the backup has not got has had nothing.
        changes += try outbox.beginAnew(to: receiver, after: inboxes[receiver]?[partition] ?? 0)
      }
      return checkpoint(partition, changes, at: loaded.appliedIndex)
    }
  }

  private static func checkpoint(
    _ partition: PartitionID, _ changes: [RowChange], at index: UInt64
  ) -> PartitionCheckpoint {
    var checkpoint = PartitionCheckpoint(partition: partition, appliedIndex: index)
    for change in changes {
      switch change {
      case .put(let id, let value):
        checkpoint.puts.append(
          ActorRow(
            actorType: id.actor.type, actorID: id.actor.id, rowKey: id.row, index: index, value: value))
      case .delete(let id):
        checkpoint.deletes.append(
          ActorRowKey(actorType: id.actor.type, actorID: id.actor.id, rowKey: id.row))
      }
    }
    return checkpoint
  }
}
