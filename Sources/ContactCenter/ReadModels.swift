// The tables that reports read with SQL, and the rows that actors put into them. The whole schema is here. Pure.
internal import ActorCluster
public import NodeStore

/// The domain's read models: plain tables in the node's state file. Times are milliseconds of partition time since
/// 1970; a column is NULL where there is nothing to say.
public enum ReadModels {
  public static let tables = [interactionTable, agentTable, workQueueTable]

  private static let interactionTable = table(
    "interaction",
    [
      ("channel", .text), ("queue", .text), ("state", .text), ("agent", .text), ("place", .integer),
      ("priority", .integer), ("customer", .text), ("arrived_ms", .integer), ("offered_ms", .integer),
      ("answered_ms", .integer), ("ended_ms", .integer), ("closed_ms", .integer), ("outcome", .text),
      ("answers", .integer), ("offers", .integer),
    ])

  private static let agentTable = table(
    "agent",
    [
      ("state", .text), ("reason", .text), ("slots", .integer), ("capacity", .text), ("misses", .integer),
    ])

  private static let workQueueTable = table("work_queue", [("waiting", .integer), ("reserving", .integer)])

  static func interaction(id: String, _ record: InteractionRecord) -> ReadModelChange {
    ReadModelChange(
      table: interactionTable.name, key: id,
      columns: [
        "channel": .text(record.standing.channel.rawValue),
        "queue": .text(record.standing.queue),
        "state": .text(record.stageName.rawValue),
        "agent": text(record.agent),
        "place": .integer(Int64(record.standing.place)),
        "priority": .integer(Int64(record.standing.priority)),
        "customer": text(record.customer),
        "arrived_ms": .integer(record.standing.arrivedAt.milliseconds),
        "offered_ms": time(record.offeredAt),
        "answered_ms": time(record.answeredAt),
        "ended_ms": time(record.endedAt),
        "closed_ms": time(record.closedAt),
        "outcome": text(record.outcome?.rawValue),
        "answers": .integer(Int64(record.answers)),
        "offers": .integer(Int64(record.offers)),
      ])
  }

  static func forgottenInteraction(id: String) -> ReadModelChange {
    ReadModelChange(table: interactionTable.name, key: id, columns: nil)
  }

  static func agent(id: String, _ record: AgentRecord) -> ReadModelChange {
    ReadModelChange(
      table: agentTable.name, key: id,
      columns: [
        "state": .text(record.availability.rawValue),
        "reason": text(record.reason),
        "slots": .integer(Int64(record.slots.count)),
        "capacity": .text(record.capacity.channelText),
        "misses": .integer(Int64(record.misses)),
      ])
  }

  static func workQueue(id: String, waiting: Int, reserving: Int) -> ReadModelChange {
    ReadModelChange(
      table: workQueueTable.name, key: id,
      columns: ["waiting": .integer(Int64(waiting)), "reserving": .integer(Int64(reserving))])
  }

  private static func table(_ name: String, _ columns: [(String, ReadModelColumn.Kind)]) -> ReadModelTable {
    ReadModelTable(
      name: name, keyColumn: "id", columns: columns.map { ReadModelColumn(name: $0.0, kind: $0.1) })
  }

  private static func text(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }

  private static func time(_ value: PartitionTime?) -> SQLValue {
    value.map { .integer($0.milliseconds) } ?? .null
  }
}
