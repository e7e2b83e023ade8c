// The durable actor of the benchmarks: keeps the last text that was written to it, and counts. Pure but for its facade.
internal import ActorCluster
internal import CBOR
internal import Distributed
internal import NodeStore

/// As small as a durable actor with a row of its own can be: what is measured is the cluster, not the domain.
distributed actor BenchNote: DurableActor {
  typealias ActorSystem = ClusterSystem
  typealias State = BenchNoteState

  static let actorType = "bench-note"
  static let methods = MethodTable<BenchNoteState>([
    .command("write", BenchNoteState.write), .read("count", BenchNoteState.count),
  ])

  distributed func write(_ text: [UInt8]) async throws -> UInt64 { try noLocalInstance() }
  distributed func count(_ nothing: Done) async throws -> UInt64 { try noLocalInstance() }

  /// A text that makes an argument of so many bytes of CBOR.
  static func text(bytes: Int) -> [UInt8] {
    let header = bytes < 25 ? 1 : bytes < 258 ? 2 : bytes < 65_539 ? 3 : 5
    return Array(repeating: 0x5A, count: max(0, bytes - header))
  }

  /// The first `count` ids by number that live in each partition, in order of partition.
  static func ids(_ count: Int, in partitions: UInt32) -> [[String]] {
    let placement = Placement(partitionCount: partitions)
    var ids = Array(repeating: [String](), count: Int(partitions))
    var missing = count > 0 ? ids.count : 0
    var number = 0
    while missing > 0 {
      let id = "n\(number)"
      let partition = Int(placement.partition(of: ActorKey(type: actorType, id: id)).rawValue)
      if ids[partition].count < count {
        ids[partition].append(id)
        if ids[partition].count == count { missing -= 1 }
      }
      number += 1
    }
    return ids
  }
}

struct BenchNoteState: DurableState {
  struct Written: Codable, Sendable {
    var text: [UInt8]

    enum CodingKeys: Int, CodingKey { case text = 0 }
  }

  /// It refuses nothing.
  enum Refusal: Error, Codable, Sendable { case never }

  private struct Row: Codable {
    var count: UInt64 = 0
    var text: [UInt8] = []

    enum CodingKeys: Int, CodingKey {
      case count = 0
      case text = 1
    }
  }

  private var row = Row()

  init(id: String) {}

  init(id: String, rows: [StateRow]) throws {
    for stored in rows { row = try CBORDecoder().decode(Row.self, from: stored.value) }
  }

  mutating func apply(_ event: Written, at time: PartitionTime) -> Changes {
    row.count += 1
    row.text = event.text
    // Numbers and bytes can always be encoded.
    return Changes(rows: [.put(key: "", value: (try? CBOREncoder().encode(row)) ?? [])])
  }

  func write(_ text: [UInt8], _ context: DecisionContext) throws(Refusal) -> Decision<Written, UInt64> {
    Decision([Written(text: text)], reply: row.count + 1)
  }

  func count(_ nothing: Done, _ context: DecisionContext) throws -> UInt64 { row.count }
}
