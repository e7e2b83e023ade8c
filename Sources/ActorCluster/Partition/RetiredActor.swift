// An actor that nothing changes any more, as retention finds it: a value.
package import NodeStore

/// Such actors are listed in rows of their own, by type and in order of the time since when, so that the oldest are found at once.
package struct RetiredActor: Codable, Equatable, Sendable {
  package static let rowType = "$retired"

  package let actor: ActorKey
  package let at: PartitionTime

  package init(_ actor: ActorKey, at time: PartitionTime) {
    self.actor = actor
    at = time
  }

  /// What `row` says; nil for a row that is none of these.
  package init?(_ row: ActorRow) {
    let parts = row.actorID.split(separator: "/", maxSplits: 1)
    guard row.actorType == Self.rowType, parts.count == 2, let milliseconds = Int64(parts[1]) else {
      return nil
    }
    actor = ActorKey(type: String(parts[0]), id: row.rowKey)
    at = PartitionTime(milliseconds: milliseconds)
  }

  package var row: RowID {
    RowID(actor: ActorKey(type: Self.rowType, id: Self.rowActor(actor.type, at)), row: actor.id)
  }

  /// The ids of the rows of actors of a type that retired before a time.
  package static func rowActors(_ type: String, before time: PartitionTime) -> Range<String> {
    let first = rowActor(type, PartitionTime(milliseconds: 0))
    return first..<max(first, rowActor(type, time))
  }

  /// Sorts by its bytes as the times do, from 1970 on.
  private static func rowActor(_ type: String, _ time: PartitionTime) -> String {
    let digits = String(max(0, time.milliseconds))
    return type + "/" + String(repeating: "0", count: max(0, 16 - digits.count)) + digits
  }

  enum CodingKeys: Int, CodingKey {
    case actor = 0
    case at = 1
  }
}
