// Frames as a peer would send them, written field by field: the wire form that versions share (promise P8).
import ActorCluster
import CBOR
import NodeStore
import PeerTransport
import Raft

enum FrameSamples {
  static func all() throws -> [[UInt8]] {
    try [
      frame(1, consensus), frame(4, messages),
      frame(5, [0: 3, 1: 0, 2: UInt64.max] as [Int: UInt64]), frame(6, Ping(wall: 1_000, topology: "abc")),
      frame(7, Alive(number: 9, heard: 8, led: [Alive.Led(partition: 2, term: 5)])),
      frame(
        6, Greeting(wall: 1_000, topology: "abc", files: .sample, refusal: .init(life: 9, reason: "lost"))),
      frame(
        6,
        Report(
          crashes: CrashTable([
            CrashTable.Entry(
              key: CrashKey(kind: .message, first: 1, second: 2, third: 3), actor: "queue/sales",
              method: "enqueue", counts: [.init(node: NodeID(rawValue: "north"), crashes: 2)], at: 5)
          ]).entries, reaches: [0b101], notVoting: [2], isClockOff: true)),
      frame(7, Alive(number: 9, heard: 8, led: [Alive.Led(partition: 2, term: 5, commit: 900)])),
      frame(8, Needs(store: 5, needs: [.init(partition: 2, above: 65_537, isJoining: true, reason: "new")])),
      frame(9, [0: 2, 1: 65_538, 2: 5] as [Int: UInt64]),
      frame(10, [0: 2, 1: 65_538, 2: 5] as [Int: UInt64]),
      frame(
        6,
        News(wall: 1_000, topology: "abc", lacksMembers: true, members: [member], level: 1, placement: report)
      ),
    ]
  }

  static func frame(_ kind: UInt8, _ content: some Encodable) throws -> [UInt8] {
    [kind] + (try CBOREncoder().encode(content))
  }

  private static let member = ClusterMember(
    number: 4, name: NodeID(rawValue: "east"), peer: "east:7100", api: "127.0.0.1:8100", site: "cloud",
    status: .joining, level: 1, replaces: 2)
  private static let report = PlacementReport(revision: 9, led: [1, 2], pending: [2], holding: [4])

  /// What a node says of its cluster.
  private struct News: Encodable {
    var wall: Int64
    var topology: String
    var lacksMembers: Bool
    var members: [ClusterMember]
    var level: UInt32
    var placement: PlacementReport

    enum CodingKeys: Int, CodingKey {
      case wall = 0
      case topology = 1
      case lacksMembers = 26
      case members = 27
      case level = 28
      case placement = 29
    }
  }

  private struct Ping: Encodable {
    var wall: Int64
    var topology: String

    enum CodingKeys: Int, CodingKey {
      case wall = 0
      case topology = 1
    }
  }

  /// A ping with what later versions added.
  private struct Report: Encodable {
    var wall: Int64 = 1_000
    var topology = "abc"
    var crashes: [CrashTable.Entry]
    var reaches: [UInt8]
    var notVoting: [UInt32]
    var isClockOff: Bool

    enum CodingKeys: Int, CodingKey {
      case wall = 0
      case topology = 1
      case crashes = 24
      case reaches = 25
      case notVoting = 30
      case isClockOff = 31
    }
  }

  private struct Greeting: Encodable {
    struct Refusal: Encodable {
      var life: UInt64
      var reason: String

      enum CodingKeys: Int, CodingKey {
        case life = 0
        case reason = 1
      }
    }

    var wall: Int64
    var topology: String
    var files: PeerFiles
    var refusal: Refusal

    enum CodingKeys: Int, CodingKey {
      case wall = 0
      case topology = 1
      case files = 2
      case refusal = 3
    }
  }

  private struct Needs: Encodable {
    struct Need: Encodable {
      var partition: UInt32
      var above: UInt64
      var isJoining: Bool
      var reason: String

      enum CodingKeys: Int, CodingKey {
        case partition = 0
        case above = 1
        case isJoining = 2
        case reason = 3
      }
    }

    var store: UInt64
    var needs: [Need]

    enum CodingKeys: Int, CodingKey {
      case store = 0
      case needs = 1
    }
  }

  private struct Alive: Encodable {
    struct Led: Encodable {
      var partition: UInt32
      var term: UInt64
      var commit: UInt64?

      enum CodingKeys: Int, CodingKey {
        case partition = 0
        case term = 1
        case commit = 2
      }
    }

    var number: UInt64
    var heard: UInt64
    var led: [Led]

    enum CodingKeys: Int, CodingKey {
      case number = 0
      case heard = 1
      case led = 2
    }
  }

  private struct Group: Encodable {
    var partition: UInt32
    var message: Message

    enum CodingKeys: Int, CodingKey {
      case partition = 0
      case message = 1
    }
  }

  private struct Batch: Encodable {
    struct Numbered: Encodable {
      var sequence: UInt64
      var message: DurableMessage

      enum CodingKeys: Int, CodingKey {
        case sequence = 0
        case message = 1
      }
    }

    var from: UInt32
    var to: UInt32
    var messages: [Numbered]

    enum CodingKeys: Int, CodingKey {
      case from = 0
      case to = 1
      case messages = 2
    }
  }

  private static var consensus: [Group] {
    let append = Append(
      prevIndex: 4, prevTerm: 1, commit: 3, round: 9,
      entries: [
        LogEntry(index: 5, term: 2, payload: .empty),
        LogEntry(index: 6, term: 2, payload: .command([1, 2, 3])),
      ])
    let bodies: [Body] = [
      .preVote(lastIndex: 7, lastTerm: 2), .preVoteReply(granted: false),
      .vote(lastIndex: 7, lastTerm: 2, transfer: true), .voteReply(granted: true), .append(append),
      .appendReply(AppendReply(match: 6, round: 9)), .heartbeat(commit: 5, round: 10), .timeoutNow,
    ]
    return bodies.enumerated().map { number, body in
      Group(
        partition: UInt32(number),
        message: Message(from: ReplicaID(rawValue: 1), to: ReplicaID(rawValue: 2), term: 2, body: body))
    }
  }

  private static var messages: Batch {
    Batch(
      from: 3, to: 5,
      messages: (1...3).map {
        Batch.Numbered(
          sequence: UInt64($0),
          message: DurableMessage(
            to: ActorKey(type: "counter", id: "c\($0)"), method: "deposit", encoded: [UInt8($0)]))
      })
  }
}

extension PeerFiles {
  fileprivate static let sample = PeerFiles(
    store: 5, incarnation: 6, life: 7, isAssignedOnly: true, found: 8, durable: 9)
}
