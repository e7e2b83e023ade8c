// What nodes say to each other above the transport: values and their encoding.
internal import CBOR
package import NIOCore
internal import NodeStore
internal import Raft

/// One frame: a kind byte, then CBOR.
package enum Frame: Sendable {
  case consensus([GroupMessage])
  case messages(MessageBatch)
  case acknowledgment(MessageAcknowledgment)
  case ping(PingFrame)
  case alive(AliveFrame)
  case needReplica(NeedReplicaFrame)
  case replicaAssigned(ReplicaAssignedFrame)
  case replicaDismissed(ReplicaAssignedFrame)

  private enum Kind: UInt8 {
    case consensus = 1
    // 2 and 3 were calls and their answers before version 2 of the wire; 16 to 21 are now (`CallFrame`).
    case messages = 4
    case acknowledgment = 5
    case ping = 6
    case alive = 7
    case needReplica = 8
    case replicaAssigned = 9
    case replicaDismissed = 10
  }

  package func encoded() throws -> ByteBuffer {
    switch self {
    case .consensus(let content): try Self.encode(.consensus, content)
    case .messages(let content): try Self.encode(.messages, content)
    case .acknowledgment(let content): try Self.encode(.acknowledgment, content)
    case .ping(let content): try Self.encode(.ping, content)
    case .alive(let content): try Self.encode(.alive, content)
    case .needReplica(let content): try Self.encode(.needReplica, content)
    case .replicaAssigned(let content): try Self.encode(.replicaAssigned, content)
    case .replicaDismissed(let content): try Self.encode(.replicaDismissed, content)
    }
  }

  private static func encode(_ kind: Kind, _ content: some Encodable) throws -> ByteBuffer {
    let bytes = try CBOREncoder().encode(content)
    var buffer = ByteBuffer()
    buffer.reserveCapacity(bytes.count + 1)
    buffer.writeInteger(kind.rawValue)
    buffer.writeBytes(bytes)
    return buffer
  }

  /// - Throws: `FrameError`, or a decoding error, for bytes that are no frame of ours.
  package init(decoding buffer: ByteBuffer) throws {
    var buffer = buffer
    guard let raw = buffer.readInteger(as: UInt8.self) else { throw FrameError.empty }
    guard let kind = Kind(rawValue: raw) else { throw FrameError.unknownKind(raw) }
    let bytes = Array(buffer.readableBytesView)
    let decoder = CBORDecoder()
    switch kind {
    case .consensus: self = .consensus(try decoder.decode([GroupMessage].self, from: bytes))
    case .messages: self = .messages(try decoder.decode(MessageBatch.self, from: bytes))
    case .acknowledgment:
      self = .acknowledgment(try decoder.decode(MessageAcknowledgment.self, from: bytes))
    case .ping: self = .ping(try decoder.decode(PingFrame.self, from: bytes))
    case .alive: self = .alive(try decoder.decode(AliveFrame.self, from: bytes))
    case .needReplica: self = .needReplica(try decoder.decode(NeedReplicaFrame.self, from: bytes))
    case .replicaAssigned:
      self = .replicaAssigned(try decoder.decode(ReplicaAssignedFrame.self, from: bytes))
    case .replicaDismissed:
      self = .replicaDismissed(try decoder.decode(ReplicaAssignedFrame.self, from: bytes))
    }
  }
}

package enum FrameError: Error, CustomStringConvertible {
  case empty
  case unknownKind(UInt8)

  package var description: String {
    switch self {
    case .empty: "an empty frame"
    case .unknownKind(let kind): "a frame of unknown kind \(kind): the peer runs a newer version?"
    }
  }
}

/// A consensus message and the group that it belongs to.
package struct GroupMessage: Codable, Sendable {
  var partition: PartitionID
  var message: Message

  /// Its size on the wire, near enough to cut frames by.
  var approximateBytes: Int {
    switch message.body {
    case .append(let append): append.entries.reduce(64) { $0 + $1.byteCount }
    case .snapshot(let chunk): 64 + chunk.bytes.count
    default: 64
    }
  }

  enum CodingKeys: Int, CodingKey {
    case partition = 0
    case message = 1
  }
}

/// "`receiver` has applied the messages of `sender` up to this number."
package struct MessageAcknowledgment: Codable, Sendable {
  var receiver: PartitionID
  var sender: PartitionID
  var upTo: UInt64

  enum CodingKeys: Int, CodingKey {
    case receiver = 0
    case sender = 1
    case upTo = 2
  }
}

package struct PingFrame: Codable, Sendable {
  /// The sender's wall clock, milliseconds since 1970.
  var wall: Int64
  /// `ClusterTopology.fingerprint` of the sender.
  var topology: String
  /// Versions before it was there leave it out.
  var files: PeerFiles?
  /// The sender takes nothing from the receiver.
  var refusal: PeerRefusal?
  /// How long the sender's commits take, in microseconds; nil when it cannot say.
  var commitMicroseconds: UInt64?
  /// What the sender's disk is fit for, a `DiskLevel`; nil of a version that does not say it.
  var disk: String?
  /// A `DrainPhase`; nil while it is active, and of versions that do not say it.
  var drain: String?
  /// Partitions that the sender would only give back, and those whose leader a person chose there; nil for none.
  var cannotLead: [PartitionID]?
  var placed: [PartitionID]?
  /// Of the sender's program.
  var version: String?
  /// What nodes died of, as far as the sender knows; nil for nothing.
  var crashes: [CrashTable.Entry]?
  /// The partitions whose leaders the sender is or reaches: see `LeaderReach.bits`.
  var reaches: [UInt8]?
  /// The sender does not know who belongs to the cluster.
  var lacksMembers: Bool?
  /// Who belongs to it, for a receiver that does not know.
  var members: [ClusterMember]?
  /// The highest feature level that the sender knows.
  var level: UInt32?
  /// How far the partitions are that the sender leads.
  var placement: PlacementReport?
  /// Partitions in which the sender has lost its vote; nil for none.
  var notVoting: [PartitionID]?
  /// The sender takes its clock for one that is off; nil if it does not.
  var isClockOff: Bool?

  enum CodingKeys: Int, CodingKey {
    case wall = 0
    case topology = 1
    case files = 2
    case refusal = 3
    case commitMicroseconds = 7
    case disk = 8
    case drain = 20
    case cannotLead = 21
    case placed = 22
    case version = 23
    case crashes = 24
    case reaches = 25
    case lacksMembers = 26
    case members = 27
    case level = 28
    case placement = 29
    case notVoting = 30
    case isClockOff = 31
  }
}

extension PingFrame {
  mutating func tell(_ news: NodeNews) {
    drain = news.phase == .active ? nil : news.phase.rawValue
    cannotLead = news.cannotLead.isEmpty ? nil : news.cannotLead.sorted()
    placed = news.placed.isEmpty ? nil : news.placed.sorted()
    version = news.version
    notVoting = news.notVoting.isEmpty ? nil : news.notVoting.sorted()
    isClockOff = news.isClockOff ? true : nil
  }

  /// What it says, or that it says nothing. A phase of a newer version is one in which the node should lead nothing.
  var news: NodeNews {
    var news = NodeNews(
      phase: drain.map { DrainPhase(rawValue: $0) ?? .draining } ?? .active,
      cannotLead: Set(cannotLead ?? []), placed: Set(placed ?? []), version: version)
    news.notVoting = Set(notVoting ?? [])
    news.isClockOff = isClockOff ?? false
    return news
  }
}

/// "These partitions need another replica here." To all nodes; their leaders act.
package struct NeedReplicaFrame: Codable, Sendable {
  /// `NodeStore.storeID` of the sender: the ids are for these files only.
  var store: UInt64
  var needs: [ReplicaNeed]

  enum CodingKeys: Int, CodingKey {
    case store = 0
    case needs = 1
  }
}

/// "The receiver's files may be this replica": it is a learner by a committed change, and was never used. Or, dismissed: "this
/// replica is no member by a committed change, and the receiver is to have none".
package struct ReplicaAssignedFrame: Codable, Sendable {
  var partition: PartitionID
  var replica: ReplicaID
  var store: UInt64
  /// Of the sender, which the receiver's files are of from now on. Nil in the first.
  var epochs: [StoreEpoch]?
  /// Whether the replica keeps only the log. Nil where the leader does not know.
  var isWitness: Bool?

  enum CodingKeys: Int, CodingKey {
    case partition = 0
    case replica = 1
    case store = 2
    case epochs = 20
    case isWitness = 21
  }
}
