// How an agent is stored: one row, and one row of the read model. Pure.
public import ActorCluster
internal import NodeStore

extension AgentState {
  private static let rowKey = ""

  public init(id: String, rows: [StateRow]) throws {
    var record = AgentRecord()
    for row in rows {
      guard row.key == Self.rowKey else { throw RowCoding.unknown(row, in: .agent(id)) }
      record = try RowCoding.value(AgentRecord.self, of: row, in: .agent(id))
    }
    self.init(id: id, record: record)
  }

  /// The rows as they are now.
  var changes: Changes {
    Changes(
      rows: [.put(key: Self.rowKey, value: RowCoding.bytes(record))],
      readModel: [ReadModels.agent(id: id, record)])
  }
}
