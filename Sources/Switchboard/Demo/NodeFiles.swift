// Reads the read models out of a stopped node's files. Touches the disk through `NodeStore`, never writes.
internal import ContactCenter
package import NodeStore

extension NodeSnapshot {
  /// The read models in the data directory of a node that is not running.
  package init(node: String, directory: String) throws(StoreError) {
    var rows: [String: [ReadModelRow]] = [:]
    for table in ReadModels.tables {
      rows[table.name] = try NodeStore.readModelRows(directory: directory, table: table)
    }
    self.init(
      node: node,
      interactions: Self.byKey(rows["interaction"]) { row in
        InteractionRow(
          queue: row.text("queue") ?? "", state: row.text("state") ?? "", agent: row.text("agent"),
          place: row.integer("place"), priority: row.integer("priority"),
          arrivedMs: row.time("arrived_ms") ?? 0,
          offeredMs: row.time("offered_ms"), answeredMs: row.time("answered_ms"),
          closedMs: row.time("closed_ms"),
          outcome: row.text("outcome"), answers: row.integer("answers"), offers: row.integer("offers"))
      },
      agents: Self.byKey(rows["agent"]) { row in
        AgentRow(
          state: row.text("state") ?? "", slots: row.integer("slots"), capacity: row.text("capacity") ?? "")
      },
      queues: Self.byKey(rows["work_queue"]) { row in
        QueueRow(waiting: row.integer("waiting"), reserving: row.integer("reserving"))
      })
  }

  private static func byKey<Value>(_ rows: [ReadModelRow]?, _ make: (ReadModelRow) -> Value) -> [String:
    Value]
  {
    Dictionary((rows ?? []).map { ($0.key, make($0)) }) { first, _ in first }
  }
}

extension ReadModelRow {
  fileprivate func text(_ column: String) -> String? {
    if case .text(let text) = columns[column] { text } else { nil }
  }

  fileprivate func time(_ column: String) -> Int64? {
    if case .integer(let number) = columns[column] { number } else { nil }
  }

  fileprivate func integer(_ column: String) -> Int { Int(time(column) ?? 0) }
}
