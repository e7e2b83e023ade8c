// How rows of actors are written and read: CBOR. Pure.
internal import ActorCluster
internal import CBOR

enum RowCoding {
  /// The bytes of a row. The types of rows are ours and have only integers, text, arrays and maps, which always
  /// encode. Should one not, the row is empty, and loading it fails with words instead of yielding a wrong state.
  static func bytes(_ value: some Encodable) -> [UInt8] {
    do {
      return try CBOREncoder().encode(value)
    } catch {
      assertionFailure("a row of \(type(of: value)) cannot be encoded: \(error)")
      return []
    }
  }

  static func value<Value: Decodable>(_ type: Value.Type, of row: StateRow, in actor: ActorKey) throws
    -> Value
  {
    do {
      return try CBORDecoder().decode(type, from: row.value)
    } catch {
      throw UnreadableRow(actor: actor, key: row.key, detail: "\(error)")
    }
  }

  static func unknown(_ row: StateRow, in actor: ActorKey) -> UnreadableRow {
    UnreadableRow(actor: actor, key: row.key, detail: "no row of this name is known to this version")
  }
}

/// A stored row that this version cannot read: the actor cannot be loaded. Either the node's state file is damaged
/// (rebuild the replica from its peers) or a newer version wrote it (upgrade this node).
struct UnreadableRow: Error, Equatable, CustomStringConvertible {
  let actor: ActorKey
  let key: String
  let detail: String

  var description: String { "row '\(key)' of \(actor) cannot be read: \(detail)" }
}
