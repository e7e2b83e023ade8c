// Who is at the other end of a connection. Pure: touches nothing.

/// What a process is to the cluster.
public enum PeerRole: String, Hashable, Codable, Sendable, CaseIterable {
  /// A member: it listens, dials every other member, and is dialed by every other member.
  case node
  /// A process that dials nodes and is dialed by nobody, for example a tool or a load generator.
  case client
}

/// One life of one process: its cluster, name and role, which its certificate proves, and its incarnation,
/// which it claims.
///
/// The incarnation grows with every start. A node that presents a lower one than was seen before is a stale
/// restore or a leftover process, and is refused.
public struct PeerIdentity: Hashable, Sendable, CustomStringConvertible {
  public var cluster: String
  public var node: NodeID
  public var incarnation: UInt64
  public var role: PeerRole
  /// The epoch of its files: 1 until a person has had a node go on without the others, 0 for files that hold nothing yet. It
  /// says what a process knows, and not who it is: identities that differ in nothing else are equal.
  public var epoch: UInt64 = PeerIdentity.firstEpoch

  public static let firstEpoch: UInt64 = 1

  public init(cluster: String, node: NodeID, incarnation: UInt64, role: PeerRole) {
    self.cluster = cluster
    self.node = node
    self.incarnation = incarnation
    self.role = role
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.cluster == right.cluster && left.node == right.node && left.incarnation == right.incarnation
      && left.role == right.role
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(cluster)
    hasher.combine(node)
    hasher.combine(incarnation)
    hasher.combine(role)
  }

  /// The name that the peer's certificate must carry as a URI in its subject alternative names (RFC 5280,
  /// 4.2.1.6): `switchboard://<cluster>/<role>/<name>`.
  public var certificateURI: String { "switchboard://\(cluster)/\(role.rawValue)/\(node)" }

  public var description: String { "\(node)#\(incarnation)" + (role == .client ? " (client)" : "") }
}
