// What the cluster decides about its members: pure. Each decision says where all partitions are to be, so that applying it needs
// no placement of the version that applies it.
internal import NodeStore
internal import PeerTransport

extension ClusterState {
  package static let memberLimit = 31

  func found(_ founding: ClusterFounding, _ context: DecisionContext) throws(ClusterRefusal) -> Decision<
    ClusterEvent, Done
  > {
    guard isEmpty else { throw .alreadyFounded }
    var next = self
    _ = next.apply(.founded(founding), at: context.now)
    return Decision([.founded(founding)] + next.placing())
  }

  func add(_ addition: NodeAddition, _ context: DecisionContext) throws(ClusterRefusal) -> Decision<
    ClusterEvent, Done
  > {
    guard !isEmpty else { throw .notFounded }
    guard let name = NodeID(validating: addition.name) else {
      throw .invalid("\"\(addition.name)\" is no name: 1 to 63 characters of a-z, 0-9 and -")
    }
    if let known = member(name) { throw .alreadyMember(name, number: known.number) }
    guard present.count < Self.memberLimit, nextNumber < 1 << 16 else {
      throw .tooMany(limit: Self.memberLimit)
    }
    guard let peer = HostPort(parsing: addition.peer), peer.port > 0 else {
      throw .invalid("\"\(addition.peer)\" is no address that other nodes can reach: write host:port")
    }
    if let api = addition.api, HostPort(parsing: api).map({ $0.port > 0 }) != true {
      throw .invalid("\"\(api)\" is no address of an API: write host:port")
    }
    if let other = present.first(where: { $0.peer == peer.description }) {
      throw .addressTaken(peer.description, by: other.name)
    }
    var replaced: ClusterMember?
    if let old = addition.replaces {
      let found = try known(old)
      guard found.status == .active else {
        throw found.status == .leaving ? .alreadyLeaving(found.name) : .notActive(found.name)
      }
      replaced = found
    }
    return Decision([
      .members([
        ClusterMember(
          number: nextNumber, name: name, peer: peer.description, api: addition.api, site: addition.site,
          status: .joining, level: 0, replaces: replaced?.number,
          isWitness: addition.isWitness || replaced?.isWitness == true)
      ])
    ])
  }

  func remove(_ removal: NodeRemoval, _ context: DecisionContext) throws(ClusterRefusal) -> Decision<
    ClusterEvent, Done
  > {
    guard !isEmpty else { throw .notFounded }
    var member = try known(removal.name)
    guard member.status != .leaving else { throw .alreadyLeaving(member.name) }
    let others = active.filter { $0.number != member.number }
    if member.status == .active {
      guard others.contains(where: { !$0.isWitness }) else { throw .lastNode(member.name) }
      guard others.count >= 3 || active.count < 3 || removal.leavesFewer else {
        throw .wouldLeaveFew(others.count)
      }
    }
    member.status = .leaving
    var next = self
    _ = next.apply(.members([member]), at: context.now)
    let placed = next.placing()
    for event in placed { _ = next.apply(event, at: context.now) }
    let down = others.filter { removal.unreachable.contains($0.name) }
    let lost = next.withoutMajority(down: Set(down.map(\.number)))
    guard lost == 0 else { throw .wouldLoseQuorum(partitions: lost, down: down.map(\.name)) }
    return Decision([.members([member])] + placed)
  }

  /// A node has caught up with the system group.
  func activate(_ number: UInt64, _ context: DecisionContext) throws(ClusterRefusal) -> Decision<
    ClusterEvent, Done
  > {
    var member = try known(numbered: number)
    guard member.status == .joining else { throw .invalid("\(member.name) is not joining") }
    member.status = .active
    var changed = [member]
    if let old = member.replaces.flatMap({ self.member(numbered: $0) }), old.status == .active {
      var old = old
      old.status = .leaving
      changed.append(old)
    }
    var next = self
    _ = next.apply(.members(changed), at: context.now)
    return Decision([.members(changed)] + next.placing())
  }

  /// Nothing of a node that leaves is left anywhere.
  func finish(_ number: UInt64, _ context: DecisionContext) throws(ClusterRefusal) -> Decision<
    ClusterEvent, Done
  > {
    var member = try known(numbered: number)
    guard member.status == .leaving else { throw .invalid("\(member.name) is not leaving") }
    member.status = .gone
    return Decision([.members([member])])
  }

  func announce(_ announcement: LevelAnnouncement, _ context: DecisionContext) throws(ClusterRefusal)
    -> Decision<ClusterEvent, Done>
  {
    var member = try known(numbered: announcement.number)
    guard member.level != announcement.level else { return Decision() }
    member.level = announcement.level
    return Decision([.members([member])])
  }

  /// Raises the feature level to the highest that a node of the cluster knows. There is no way back.
  func raise(_ nothing: Done, _ context: DecisionContext) throws(ClusterRefusal) -> Decision<
    ClusterEvent, UInt32
  > {
    guard !isEmpty else { throw .notFounded }
    let highest = present.map(\.level).max() ?? level
    guard highest > level else { throw .nothingToRaise(level) }
    let behind = present.filter { $0.level < highest }.map(\.name)
    guard behind.isEmpty else { throw .notAllUpgraded(behind, level: highest) }
    return Decision([.level(highest)], reply: highest)
  }

  // MARK: what decisions share

  private func known(_ name: String) throws(ClusterRefusal) -> ClusterMember {
    guard let member = present.first(where: { $0.name.rawValue == name }) else {
      throw .unknownNode(name, known: present.map(\.name))
    }
    return member
  }

  private func known(numbered number: UInt64) throws(ClusterRefusal) -> ClusterMember {
    guard let member = member(numbered: number), member.status != .gone else {
      throw .invalid("there is no node with number \(number)")
    }
    return member
  }

  /// Where the partitions should be now; nothing if they are.
  func placing() -> [ClusterEvent] {
    let wanted = ReplicaPlacement.place(
      partitions: Int(clamping: partitionCount), voters: voters,
      nodes: active.map {
        ReplicaPlacement.Node(number: $0.number, site: $0.site, isWitness: $0.isWitness)
      }, before: placement)
    let changed = wanted.indices.filter { !placement.indices.contains($0) || placement[$0] != wanted[$0] }
    guard !changed.isEmpty else { return [] }
    return [
      .placed(
        changed.map {
          PlacedPartition(partition: PartitionID(rawValue: UInt32(clamping: $0)), voters: wanted[$0])
        })
    ]
  }

  /// Partitions whose voters to be have no majority without these nodes.
  private func withoutMajority(down: Set<UInt64>) -> Int {
    guard !down.isEmpty else { return 0 }
    return placement.count { voters in voters.count { !down.contains($0) } * 2 <= voters.count }
  }
}
