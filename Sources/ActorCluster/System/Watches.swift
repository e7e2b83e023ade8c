// Who waits for the end of which node-bound actor: a pure value.
package import PeerTransport

/// How a node-bound actor ended.
public enum ActorEnd: String, Equatable, Sendable {
  /// It was released or resigned its id.
  case resigned
  /// Its node came back as another incarnation.
  case nodeRestarted
  /// Its node could not be reached for `Watches.patienceMilliseconds`. It may still be alive there.
  case unreachable
  /// This system was stopped, or the watching task cancelled.
  case stopped
}

/// Watches of this system on actors of others, and of others on actors here.
package struct Watches<Watcher: Sendable>: Sendable {
  package static var patienceMilliseconds: Int64 { 30_000 }

  private var watchers: [NodeActorID: [UInt64: Watcher]] = [:]
  private var lostSince: [NodeID: Int64] = [:]
  private var next: UInt64 = 1
  /// Links that want to hear of the end of an actor here, by its number.
  private var remote: [UInt64: Set<UInt32>] = [:]

  package init() {}

  package var count: Int { watchers.values.reduce(0) { $0 + $1.count } }
  package var remoteCount: Int { remote.values.reduce(0) { $0 + $1.count } }

  // MARK: watches of this system

  /// - Parameter now: when its node is not connected; it has some time to come.
  package mutating func add(_ watcher: Watcher, on id: NodeActorID, unconnectedAt now: Int64?) -> UInt64 {
    defer { next += 1 }
    watchers[id, default: [:]][next] = watcher
    if let now, lostSince[id.node] == nil { lostSince[id.node] = now }
    return next
  }

  package mutating func remove(_ watch: UInt64, on id: NodeActorID) -> Watcher? {
    let watcher = watchers[id]?.removeValue(forKey: watch)
    if watchers[id]?.isEmpty == true { watchers[id] = nil }
    return watcher
  }

  package mutating func ended(_ id: NodeActorID) -> [Watcher] { take { $0 == id } }

  package mutating func ended(_ number: UInt64, of node: NodeID, incarnation: UInt64) -> [Watcher] {
    take { $0.number == number && $0.node == node && $0.incarnation == incarnation }
  }

  /// The node is there.
  /// - Returns: the watchers of its earlier incarnations' actors, and the actors to be watched.
  package mutating func connected(_ node: NodeID, incarnation: UInt64) -> (
    ended: [Watcher], watch: [NodeActorID]
  ) {
    lostSince[node] = nil
    let ended = take { $0.node == node && $0.incarnation < incarnation }
    let present = watchers.keys.filter { $0.node == node && $0.incarnation == incarnation }
    return (ended, present.sorted { $0.number < $1.number })
  }

  package mutating func disconnected(_ node: NodeID, now: Int64) {
    if watchers.keys.contains(where: { $0.node == node }) { lostSince[node] = now }
  }

  /// The watchers of nodes that were away too long.
  package mutating func expired(now: Int64) -> [Watcher] {
    guard !lostSince.isEmpty else { return [] }
    let gone = lostSince.filter { now - $0.value >= Self.patienceMilliseconds }.keys
    for node in gone { lostSince[node] = nil }
    return take { gone.contains($0.node) }
  }

  package mutating func takeAll() -> [Watcher] { take { _ in true } }

  private mutating func take(_ isEnded: (NodeActorID) -> Bool) -> [Watcher] {
    let ids = watchers.keys.filter(isEnded)
    return ids.flatMap { id in
      (watchers.removeValue(forKey: id) ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }
  }

  // MARK: watches of others

  package mutating func watched(_ number: UInt64, by link: UInt32) {
    remote[number, default: []].insert(link)
  }

  package mutating func unwatched(_ number: UInt64, by link: UInt32) {
    remote[number]?.remove(link)
    if remote[number]?.isEmpty == true { remote[number] = nil }
  }

  /// - Returns: the links to be told.
  package mutating func resigned(_ number: UInt64) -> [UInt32] {
    (remote.removeValue(forKey: number) ?? []).sorted()
  }

  package mutating func lost(_ link: UInt32) {
    for number in remote.keys { unwatched(number, by: link) }
  }
}
