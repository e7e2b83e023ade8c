// From what a node knows to the conditions that hold: a pure value. What it remembers is only what counts over time.
package import Alarms
internal import NodeStore
internal import PeerTransport

/// Judges one snapshot after another.
package struct AlarmConditions: Sendable {
  /// A node that was not seen since this one's start is not missed before so many milliseconds: a cluster starts one by one.
  package static let startGrace: Int64 = 15_000
  /// So many new connections within so many milliseconds are flapping.
  package static let flaps = 5
  package static let flapWindow: Int64 = 300_000
  /// Over so many milliseconds refusals are summed up.
  package static let refusalWindow: Int64 = 10_000
  package static let refusalsCritical: UInt64 = 1_000
  package static let skewWarning: Int64 = 1_000
  package static let skewCritical: Int64 = 60_000
  package static let lagWarning: UInt64 = 10_000
  package static let lagCritical: UInt64 = 50_000
  /// For so many milliseconds a failed checkpoint is a condition.
  package static let checkpointMemory: Int64 = 60_000

  private struct Counted: Sendable {
    var at: Int64
    var requests: UInt64
    var commands: UInt64
  }

  private struct LinkKey: Hashable, Sendable {
    var peer: NodeID
    var direction: LinkStatus.Direction
  }

  private var start: Int64?
  private var seen: Set<NodeID> = []
  /// When each working connection was made.
  private var connected: [LinkKey: ContinuousClock.Instant] = [:]
  private var reconnects: [NodeID: [Int64]] = [:]
  private var counts: [Counted] = []
  private var failedCheckpoints: UInt64 = 0
  private var lastFailedCheckpoint: Int64?

  package init() {}

  /// All conditions that hold now, in no order that matters.
  package mutating func judge(_ snapshot: AlarmSnapshot) -> [AlarmCondition] {
    let start = start ?? snapshot.now
    self.start = start
    let links = snapshot.links.filter { $0.role == .node && $0.peer != snapshot.node }
    let ready = Dictionary(grouping: links.filter { $0.state == .ready }, by: \.peer)
      .mapValues { Set($0.map(\.direction)) }
    let reached = Set(ready.filter { $0.value.count == 2 }.keys)
    seen.formUnion(reached)
    let inGrace = snapshot.now - start < Self.startGrace
    let present = reached.union([snapshot.node]).union(
      inGrace ? snapshot.nodes.filter { !seen.contains($0) } : [])
    var conditions: [AlarmCondition] = []
    for node in snapshot.nodes where node != snapshot.node {
      if present.contains(node) { continue }
      conditions.append(missing(node, ready[node] ?? [], links))
    }
    conditions += flapping(links, snapshot)
    conditions += quorum(snapshot, present: present)
    conditions += replicas(snapshot, reached: reached)
    conditions += files(snapshot)
    conditions += clocks(snapshot)
    conditions += certificates(snapshot)
    conditions += overload(snapshot)
    conditions += process(snapshot)
    return conditions
  }

  // MARK: links

  private func missing(
    _ node: NodeID, _ ready: Set<LinkStatus.Direction>, _ links: [LinkStatus]
  ) -> AlarmCondition {
    let reason = links.lazy.filter { $0.peer == node }.compactMap { link -> String? in
      if case .waiting(let why) = link.state { why } else { nil }
    }.first
    guard let only = ready.first else {
      return AlarmCondition(
        .nodeUnreachable, node.rawValue, .warning,
        "no connection in either direction" + (reason.map { ": \($0)" } ?? ""))
    }
    let works = only == .dialed ? "to it" : "from it"
    return AlarmCondition(
      .linkHalfOpen, node.rawValue, .warning,
      "only the connection \(works) works" + (reason.map { ": \($0)" } ?? ""))
  }

  private mutating func flapping(_ links: [LinkStatus], _ snapshot: AlarmSnapshot) -> [AlarmCondition] {
    for link in links where link.state == .ready {
      let before = connected.updateValue(
        link.since, forKey: LinkKey(peer: link.peer, direction: link.direction))
      if let before, before != link.since { reconnects[link.peer, default: []].append(snapshot.now) }
    }
    var conditions: [AlarmCondition] = []
    for (peer, times) in reconnects.sorted(by: { $0.key < $1.key }) {
      // One sample a second and two connections: no more than these can be new within the window.
      let recent = times.filter { snapshot.now - $0 < Self.flapWindow }
      reconnects[peer] = recent.isEmpty ? nil : recent
      guard recent.count >= Self.flaps else { continue }
      conditions.append(
        AlarmCondition(
          .linkFlapping, peer.rawValue, .warning,
          "\(recent.count) new connections within \(Self.flapWindow / 60_000) minutes"))
    }
    return conditions
  }

  // MARK: what counts over time

  private mutating func overload(_ snapshot: AlarmSnapshot) -> [AlarmCondition] {
    let now = Counted(
      at: snapshot.now, requests: snapshot.facts.refusedRequests, commands: snapshot.refusedCommands)
    counts.append(now)
    // The last one before the window is what the window is counted from.
    while counts.count > 1, snapshot.now - counts[1].at >= Self.refusalWindow { counts.removeFirst() }
    guard let first = counts.first else { return [] }
    let (requests, commands) = (now.requests &- first.requests, now.commands &- first.commands)
    guard requests > 0 || commands > 0 else { return [] }
    return [
      AlarmCondition(
        .overload, snapshot.node.rawValue,
        max(requests, commands) >= Self.refusalsCritical ? .critical : .warning,
        "\(requests) API requests and \(commands) commands of actors were refused by limits within "
          + "\(Self.refusalWindow / 1_000) seconds")
    ]
  }

  private mutating func files(_ snapshot: AlarmSnapshot) -> [AlarmCondition] {
    var conditions = Self.disk(snapshot)
    guard let store = snapshot.store else { return conditions }
    if store.failedCheckpoints > failedCheckpoints { lastFailedCheckpoint = snapshot.now }
    failedCheckpoints = store.failedCheckpoints
    // A full disk is an alarm of its own.
    if let last = lastFailedCheckpoint, snapshot.now - last < Self.checkpointMemory, !store.isStateFull {
      conditions.append(
        AlarmCondition(
          .database, "\(snapshot.node) state.db", .warning,
          "checkpoints of the state file fail, \(store.failedCheckpoints) since the start"))
    }
    if store.logUpkeepStopped {
      conditions.append(
        AlarmCondition(
          .database, "\(snapshot.node) log.db", .warning,
          "a damaged batch keeps old ones from being deleted; the log has \(store.fileBytes) bytes and grows")
      )
    }
    return conditions
  }
}
