// Which peers' files are those that this node knows: a pure value.
package import NodeStore
package import PeerTransport

/// What a node says in its pings about its own files.
package struct PeerFiles: Codable, Equatable, Sendable {
  /// `NodeStore.storeID`, `incarnation`, `life`, `isAssignedOnly` of the sender.
  package var store: UInt64
  package var incarnation: UInt64
  package var life: UInt64
  package var isAssignedOnly: Bool
  /// The last batch of the log at its start, and the last one on stable storage now.
  package var found: UInt64
  package var durable: UInt64

  package init(
    store: UInt64, incarnation: UInt64, life: UInt64, isAssignedOnly: Bool, found: UInt64, durable: UInt64
  ) {
    self.store = store
    self.incarnation = incarnation
    self.life = life
    self.isAssignedOnly = isAssignedOnly
    self.found = found
    self.durable = durable
  }

  enum CodingKeys: Int, CodingKey {
    case store = 0
    case incarnation = 1
    case life = 2
    case isAssignedOnly = 3
    case found = 4
    case durable = 5
  }
}

/// "Your files are not those that I know."
package struct PeerRefusal: Codable, Equatable, Sendable {
  /// Which run of the node is refused.
  package var life: UInt64
  package var reason: String

  package init(life: UInt64, reason: String) {
    self.life = life
    self.reason = reason
  }

  enum CodingKeys: Int, CodingKey {
    case life = 0
    case reason = 1
  }
}

/// A node whose disk was lost or restored from an old copy may have forgotten votes and acknowledgments. Its peers remember
/// whose files it had, durably, and take nothing from it until it comes with files that claim no past.
package struct PeerMemory: Sendable {
  package enum Verdict: Equatable, Sendable {
    /// What it sends may be taken.
    case agree
    /// As `agree`, once this is on stable storage: then call `isRemembered`.
    case remember(RememberedPeer)
    /// That is being written.
    case wait
    /// Nothing but pings may be taken. New: not said before about this run.
    case refuse(PeerRefusal, isNew: Bool)
  }

  /// So many earlier files of a node are remembered.
  private static let supersededLimit = 16

  private var remembered: [NodeID: RememberedPeer]
  private var writing: [NodeID: RememberedPeer] = [:]
  private var refusals: [NodeID: PeerRefusal] = [:]
  /// Those from which frames are taken.
  package private(set) var agreeing: Set<NodeID> = []

  package init(_ peers: [RememberedPeer]) {
    remembered = Dictionary(
      peers.map { (NodeID(rawValue: $0.node), $0) }, uniquingKeysWith: { first, _ in first })
  }

  package func refusal(of node: NodeID) -> PeerRefusal? { refusals[node] }

  /// Whether the node speaks of its files at all: older versions do not.
  package func isKnown(_ node: NodeID) -> Bool { remembered[node] != nil }

  /// The link is gone, or the node is of another cluster.
  package mutating func forget(_ node: NodeID) {
    agreeing.remove(node)
    writing[node] = nil
  }

  /// - Parameter files: nil from a version that does not tell.
  package mutating func greeted(by node: NodeID, _ files: PeerFiles?) -> Verdict {
    guard let files else {
      agreeing.insert(node)
      return .agree
    }
    switch Self.judge(files, of: node, remembered[node]) {
    case .refuse(let refusal, _):
      forget(node)
      defer { refusals[node] = refusal }
      return .refuse(refusal, isNew: refusals[node] != refusal)
    case .remember(let peer):
      refusals[node] = nil
      guard writing[node]?.life != peer.life else { return .wait }
      agreeing.remove(node)
      writing[node] = peer
      return .remember(peer)
    case .agree, .wait:
      refusals[node] = nil
      agreeing.insert(node)
      // Written with the next news: an old copy is usually one of before this run.
      let reached = max(remembered[node]?.reached ?? 0, files.durable)
      remembered[node]?.reached = reached
      return .agree
    }
  }

  /// What `greeted` wanted remembered is on stable storage.
  package mutating func isRemembered(_ peer: RememberedPeer) {
    let node = NodeID(rawValue: peer.node)
    remembered[node] = peer
    guard writing[node] == peer else { return }
    writing[node] = nil
    agreeing.insert(node)
  }

  private static func judge(
    _ files: PeerFiles, of node: NodeID, _ known: RememberedPeer?
  ) -> Verdict {
    var peer = RememberedPeer(
      node: node.rawValue, store: files.store, incarnation: files.incarnation, life: files.life,
      reached: files.durable)
    guard let known else { return .remember(peer) }
    func refuse(_ reason: String) -> Verdict {
      .refuse(PeerRefusal(life: files.life, reason: reason), isNew: true)
    }
    guard files.store == known.store else {
      if known.superseded.contains(files.store) {
        return refuse("files that others have taken the place of came back")
      }
      guard files.isAssignedOnly else {
        return refuse("its disk was lost or replaced: these are other files")
      }
      peer.superseded = Array((known.superseded + [known.store]).suffix(supersededLimit))
      return .remember(peer)
    }
    peer.superseded = known.superseded
    if files.incarnation < known.incarnation {
      return refuse(
        "an old copy of its files was restored: they were opened \(files.incarnation) times, and had been opened "
          + "\(known.incarnation) times")
    }
    if files.incarnation == known.incarnation {
      guard files.life != known.life else { return .agree }
      return refuse("an old copy of its files was restored: start \(files.incarnation) has been seen before")
    }
    guard files.found >= known.reached else {
      return refuse(
        "an old copy of its files was restored: its log ended at batch \(files.found), and had reached \(known.reached)"
      )
    }
    return .remember(peer)
  }
}
