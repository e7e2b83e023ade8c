// How an interaction is stored: one row, and one row of the read model. Pure.
public import ActorCluster
public import NodeStore

extension InteractionState {
  private static let rowKey = ""

  public init(id: String, rows: [StateRow]) throws {
    var record: InteractionRecord?
    for row in rows {
      guard row.key == Self.rowKey else { throw RowCoding.unknown(row, in: .interaction(id)) }
      record = try RowCoding.value(InteractionRecord.self, of: row, in: .interaction(id))
    }
    self.init(id: id, record: record)
  }

  public static func forgotten(id: String) -> [ReadModelChange] { [ReadModels.forgottenInteraction(id: id)] }

  /// The rows as they are now.
  var changes: Changes {
    guard let record else { return Changes() }
    return Changes(
      rows: [.put(key: Self.rowKey, value: RowCoding.bytes(record))],
      readModel: [ReadModels.interaction(id: id, record)])
  }
}
