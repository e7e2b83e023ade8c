// How the state of the cluster changes, and the rows that it is kept in: pure.
internal import CBOR
public import NodeStore

/// What happened to the cluster. On disk: never change the meaning of a case.
public enum ClusterEvent: Codable, Equatable, Sendable {
  case founded(ClusterFounding)
  /// These are new, or not as they were.
  case members([ClusterMember])
  /// These partitions are to be elsewhere.
  case placed([PlacedPartition])
  /// The feature level of all.
  case level(UInt32)
}

/// The shape that a cluster begins with.
public struct ClusterFounding: Codable, Equatable, Sendable {
  public var foundation: String
  public var partitionCount: UInt32
  public var voters: Int
  public var copies: ClusterState.Copies
  public var level: UInt32
  public var members: [ClusterMember]

  public init(
    foundation: String, partitionCount: UInt32, voters: Int, copies: ClusterState.Copies, level: UInt32,
    members: [ClusterMember]
  ) {
    self.foundation = foundation
    self.partitionCount = partitionCount
    self.voters = voters
    self.copies = copies
    self.level = level
    self.members = members
  }

  enum CodingKeys: Int, CodingKey {
    case foundation = 0
    case partitionCount = 1
    case voters = 2
    case copies = 3
    case level = 4
    case members = 5
  }
}

/// Who is to vote in one partition.
public struct PlacedPartition: Codable, Equatable, Sendable {
  public var partition: PartitionID
  /// Numbers of nodes; first the one that should lead.
  public var voters: [UInt64]

  enum CodingKeys: Int, CodingKey {
    case partition = 0
    case voters = 1
  }
}

extension ClusterState: DurableState {
  public typealias Event = ClusterEvent
  public typealias Refusal = ClusterRefusal

  private static let settingsRow = "settings"
  private static let placementRow = "placement"
  private static let memberRow = "member/"
  /// So many members that are gone are remembered, for people.
  private static let rememberedGone = 32

  private struct Settings: Codable {
    var revision: UInt64
    var foundation: String
    var partitionCount: UInt32
    var voters: Int
    var copies: Copies
    var level: UInt32
    var nextNumber: UInt64

    enum CodingKeys: Int, CodingKey {
      case revision = 0
      case foundation = 1
      case partitionCount = 2
      case voters = 3
      case copies = 4
      case level = 5
      case nextNumber = 6
    }
  }

  public init(id: String) {}

  public init(id: String, rows: [StateRow]) throws {
    for row in rows {
      switch row.key {
      case Self.settingsRow:
        let settings = try CBORDecoder().decode(Settings.self, from: row.value)
        revision = settings.revision
        foundation = settings.foundation
        partitionCount = settings.partitionCount
        voters = settings.voters
        copies = settings.copies
        level = settings.level
        nextNumber = settings.nextNumber
      case Self.placementRow: placement = try CBORDecoder().decode([[UInt64]].self, from: row.value)
      // The keys are in the order of the numbers.
      case let key where key.hasPrefix(Self.memberRow):
        members.append(try CBORDecoder().decode(ClusterMember.self, from: row.value))
      default: break
      }
    }
  }

  public mutating func apply(_ event: ClusterEvent, at time: PartitionTime) -> Changes {
    revision += 1
    var changes = Changes()
    switch event {
    case .founded(let founding):
      foundation = founding.foundation
      partitionCount = founding.partitionCount
      voters = founding.voters
      copies = founding.copies
      level = founding.level
      put(founding.members, &changes)
      placement = Array(repeating: [], count: Int(clamping: founding.partitionCount))
    case .members(let members): put(members, &changes)
    case .placed(let placed):
      for one in placed where one.partition.rawValue < UInt32(clamping: placement.count) {
        placement[Int(one.partition.rawValue)] = one.voters
      }
      changes.rows.append(.put(key: Self.placementRow, value: encoded(placement)))
    case .level(let level): self.level = max(self.level, level)
    }
    let settings = Settings(
      revision: revision, foundation: foundation, partitionCount: partitionCount, voters: voters,
      copies: copies, level: level, nextNumber: nextNumber)
    changes.rows.append(.put(key: Self.settingsRow, value: encoded(settings)))
    return changes
  }

  private mutating func put(_ changed: [ClusterMember], _ changes: inout Changes) {
    for member in changed {
      if let place = members.firstIndex(where: { $0.number == member.number }) {
        members[place] = member
      } else {
        members.append(member)
      }
      nextNumber = max(nextNumber, member.number + 1)
      changes.rows.append(.put(key: Self.row(of: member.number), value: encoded(member)))
    }
    members.sort { $0.number < $1.number }
    let gone = members.filter { $0.status == .gone }
    for old in gone.dropLast(Self.rememberedGone) {
      members.removeAll { $0.number == old.number }
      changes.rows.append(.delete(key: Self.row(of: old.number)))
    }
  }

  private static func row(of number: UInt64) -> String {
    let digits = String(number)
    return memberRow + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// Nothing in these values can fail to be encoded.
  private func encoded(_ value: some Encodable) -> [UInt8] { (try? CBOREncoder().encode(value)) ?? [] }
}
