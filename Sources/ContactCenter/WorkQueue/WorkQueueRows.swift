// How a queue is stored: a row for the settings, one per entry, one per agent; and a row of the read model. Pure.
public import ActorCluster
internal import NodeStore

extension WorkQueueState {
  enum RowKey {
    static let header = "q"
    static let agent = "a/"
    static let entry = "w/"
  }

  public init(id: String, rows: [StateRow]) throws {
    let actor = ActorKey.workQueue(id)
    var settings = QueueSettings()
    var entries: [QueueEntry] = []
    var agents: [(String, QueueAgent)] = []
    for row in rows {
      if row.key == RowKey.header {
        settings = try RowCoding.value(QueueSettings.self, of: row, in: actor)
      } else if row.key.hasPrefix(RowKey.entry) {
        entries.append(try RowCoding.value(QueueEntry.self, of: row, in: actor))
      } else if row.key.hasPrefix(RowKey.agent) {
        let agent = String(row.key.dropFirst(RowKey.agent.count))
        agents.append((agent, try RowCoding.value(QueueAgent.self, of: row, in: actor)))
      } else {
        throw RowCoding.unknown(row, in: actor)
      }
    }
    self.init(id: id, settings: settings, entries: entries, agents: agents)
  }

  func entryRow(_ interaction: String) -> Changes.Row {
    let key = RowKey.entry + interaction
    guard let entry = entries[interaction] else { return .delete(key: key) }
    return .put(key: key, value: RowCoding.bytes(entry))
  }

  func agentRow(_ agent: String) -> Changes.Row {
    let key = RowKey.agent + agent
    guard let record = agents[agent] else { return .delete(key: key) }
    return .put(key: key, value: RowCoding.bytes(record))
  }

  func changes(_ rows: [Changes.Row]) -> Changes {
    Changes(rows: rows, readModel: [ReadModels.workQueue(id: id, waiting: line.count, reserving: reserving)])
  }
}
