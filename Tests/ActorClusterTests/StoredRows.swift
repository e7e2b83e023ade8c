// Support for tests of replicated values: rows as a state file would hold them, and values made from their wire
// form. Pure.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore

typealias SplitMix64 = ClusterTestKit.SplitMix64

extension SplitMix64 {
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// What a state file holds after some row changes. Like SQLite, it compares keys by their bytes.
struct StoredRows {
  private var rows: [[UInt8]: ActorRow] = [:]

  mutating func apply(_ changes: [RowChange], at index: UInt64 = 0) {
    for change in changes {
      switch change {
      case .put(let id, let value):
        rows[Self.bytes(id)] = ActorRow(
          actorType: id.actor.type, actorID: id.actor.id, rowKey: id.row, index: index, value: value)
      case .delete(let id):
        rows[Self.bytes(id)] = nil
      }
    }
  }

  mutating func apply(_ changes: [SessionChange]) throws { apply(try changes.map { try $0.row() }) }

  /// In order of type, id and row key.
  var sorted: [ActorRow] {
    rows.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
  }

  private static func bytes(_ id: RowID) -> [UInt8] {
    Array(id.actor.type.utf8) + [0] + Array(id.actor.id.utf8) + [0] + Array(id.row.utf8)
  }
}

extension RowChange {
  /// `put $timer/a row`, for expectations that a person can read.
  var text: String {
    switch self {
    case .put(let id, _): "put \(id.actor) \(id.row)"
    case .delete(let id): "delete \(id.actor) \(id.row)"
    }
  }
}

extension SessionChange {
  var text: String { (try? row().text) ?? "a row that cannot be encoded" }
}

/// A value from its wire form: a map of integer keys.
func fromWire<Value: Codable>(_ type: Value.Type, _ fields: [Int: UInt64]) throws -> Value {
  try CBORDecoder().decode(type, from: try CBOREncoder().encode(fields))
}

func acknowledgment(_ partition: UInt32, upTo sequence: UInt64) throws -> OutboxAcknowledgment {
  try fromWire(OutboxAcknowledgment.self, [0: UInt64(partition), 1: sequence])
}

/// Lower-case hexadecimal digits of bytes.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
