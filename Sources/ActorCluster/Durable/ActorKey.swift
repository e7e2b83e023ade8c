// Names of durable actors and where they live: pure values, no I/O.

/// The cluster-wide name of a durable actor: its type's stable name and its own id, `queue/sales`.
///
/// A `{tag}` in the id places actors of the same tag in the same partition, as in Redis Cluster
/// (only what stands between the first `{` and the next `}` is hashed, if that is not empty).
public struct ActorKey: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  public let type: String
  public let id: String

  public init(type: String, id: String) {
    self.type = type
    self.id = id
  }

  public var description: String { "\(type)/\(id)" }

  public static func < (lhs: ActorKey, rhs: ActorKey) -> Bool {
    lhs.type == rhs.type ? lhs.id < rhs.id : lhs.type < rhs.type
  }

  /// What is hashed to place the actor: the tag if there is one, else `type/id`.
  public var placementKey: String {
    guard let open = id.utf8.firstIndex(of: UInt8(ascii: "{")) else { return description }
    let tail = id.utf8[id.utf8.index(after: open)...]
    guard let close = tail.firstIndex(of: UInt8(ascii: "}")), close > tail.startIndex else {
      return description
    }
    return String(decoding: tail[..<close], as: UTF8.self)
  }

  /// Why this cannot name an actor; nil if it can. Ids are printable ASCII: Swift compares text by canonical
  /// equivalence and a database by bytes, and the two must not disagree about who is who.
  package var problem: String? {
    guard !id.isEmpty, id.utf8.count <= 256, id.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return "the id of \(type) must be 1 to 256 printable ASCII characters"
    }
    return nil
  }

  enum CodingKeys: Int, CodingKey {
    case type = 0
    case id = 1
  }
}
