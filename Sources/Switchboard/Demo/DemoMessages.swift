// What the demo says to the HTTP API and reads from it: the parts of the JSON that it needs. Values.
internal import Foundation

/// A command or query over HTTP. A retry carries the same key and has one effect (promise P3).
struct DemoRequest: Sendable {
  var method: String
  var path: String
  var body: Data?
  /// Nil for a read.
  var key: String?

  static func get(_ path: String) -> DemoRequest {
    DemoRequest(method: "GET", path: path, body: nil, key: nil)
  }

  static func command(_ method: String, _ path: String, key: String, _ body: some Encodable) -> DemoRequest {
    // Only strings, numbers and arrays and dictionaries of them are ever encoded here, which cannot fail.
    DemoRequest(method: method, path: path, body: try? JSONEncoder().encode(body), key: key)
  }
}

struct NewInteraction: Encodable {
  var channel = "voice"
  var queue: String
  var priority: Int
  var customer: String?
  var attributes: [String: String]
  var offerTimeoutMs: Int64
  var wrapUpMs: Int64
}

struct AgentName: Encodable { var agent: String }
struct Completion: Encodable {
  var agent: String
  var disposition: String
}
struct ReasonBody: Encodable { var reason: String }
struct NoBody: Encodable {}
struct QueueConfiguration: Encodable { var limit: Int }
struct SessionBody: Encodable {
  var queues: [String]
  var skills: [String] = []
  var capacity = ["voice": 1]
}

/// What the driver reads of an interaction.
struct InteractionReply: Decodable {
  var id: String
  var attributes: [String: String]?
}

/// What the driver reads of an event.
package struct DemoEvent: Decodable, Equatable, Sendable {
  package var kind: String?
  package var change: String?
  package var interaction: String?
  package var agent: String?
  package var place: Int?
  package var reason: String?
  /// Partition time.
  package var atMs: Int64?
}

/// What `/v1/cluster` says, as far as the demo needs it.
package struct ClusterReply: Decodable, Equatable, Sendable {
  package struct Partition: Decodable, Equatable, Sendable {
    package var partition: Int
    package var leader: String?
    package var commitIndex: UInt64
    package var appliedIndex: UInt64
    package var outboxMessages: Int?

    package init(
      partition: Int, leader: String?, commitIndex: UInt64, appliedIndex: UInt64, outboxMessages: Int? = nil
    ) {
      self.partition = partition
      self.leader = leader
      self.commitIndex = commitIndex
      self.appliedIndex = appliedIndex
      self.outboxMessages = outboxMessages
    }
  }

  package var node: String
  package var partitions: [Partition]

  package init(node: String, partitions: [Partition]) {
    self.node = node
    self.partitions = partitions
  }

  /// Who leads the partition that has committed most, and everything that it leads. Nil while nobody leads that one.
  package var busiestLeader: (node: String, partitions: [Int])? {
    let busiest = partitions.max { ($0.commitIndex, $1.partition) < ($1.commitIndex, $0.partition) }
    guard let leader = busiest?.leader else { return nil }
    return (leader, partitions.filter { $0.leader == leader }.map(\.partition).sorted())
  }

  /// Whether every partition has a leader and all these replies, one per node, have applied the same entries.
  package static func agree(_ replies: [ClusterReply]) -> Bool {
    guard let first = replies.first else { return false }
    func applied(_ reply: ClusterReply) -> [Int: UInt64] {
      Dictionary(reply.partitions.map { ($0.partition, $0.appliedIndex) }) { _, last in last }
    }
    let expected = applied(first)
    return replies.allSatisfy { reply in
      applied(reply) == expected
        && reply.partitions.allSatisfy { $0.leader != nil && $0.outboxMessages ?? 0 == 0 }
    }
  }
}
