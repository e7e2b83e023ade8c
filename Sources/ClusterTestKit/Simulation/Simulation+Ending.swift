// The end of a seed: everything heals, and what is under way comes to rest.
import ActorCluster
import NodeStore
import Raft

extension Simulation {
  /// From here on nothing fails, and everything is up and connected.
  func heal() {
    guard failure == nil else { return }
    isHealed = true
    faults.awaited = nil
    network.healAll()
    faults.hasBadQuality = false
    for node in nodes {
      virtualDisk(node.index).repair()
      node.turnDelay = 30
      node.diskLatency = 120
      node.wallOffset = 0
      node.wallSkew = 0
      node.isStrobing = false
      node.pausedUntil = min(node.pausedUntil, now)
      if node.stopped == .crashed, node.life > 0 { schedule(.start, to: node.index, in: 1_000) }
    }
    for node in nodes where node.isUp {
      for other in nodes[(node.index + 1)...] where other.isUp { connect(node, other) }
    }
  }

  private static let patienceForRest: Int64 = 60_000_000

  /// Runs on until all nodes are well, all clients have their answers and all interactions are closed.
  func settle() {
    let deadline = now + Self.patienceForRest
    var served: [PartitionID: (by: Int, since: Int64)] = [:]
    while failure == nil, now < deadline {
      advance(to: now + 500_000)
      checkTimers(&served)
      if isAtRest { return advance(to: now + 1_500_000) }
    }
    guard failure == nil else { return }
    fail("liveness: not at rest \(Self.patienceForRest / 1_000_000) s after everything healed: \(unrest)")
  }

  /// P5: at most one second late where somebody has been serving, with half a second for a commit and the clocks' differences.
  private func checkTimers(_ served: inout [PartitionID: (by: Int, since: Int64)]) {
    for partition in placement.partitions {
      let node = nodes.first { $0.isUp && $0.hosts[Int(partition.rawValue)].isServing }?.index
      guard let node, let service = served[partition], service.by == node else {
        served[partition] = node.map { ($0, now) }
        continue
      }
      guard now - service.since >= 2_000_000 else { continue }
      let due = PartitionTime(milliseconds: 1_700_000_000_000 + now / 1_000 - 1_500)
      if let late = promises.overdue(partition, at: due).first {
        fail("P5: a timer of \(late) is more than a second late while \(nodes[node].id) serves \(partition)")
      }
    }
  }

  /// Members that are not up, or have not heard that their log lacks nothing.
  private var unwell: [SimulatedNode] {
    nodes.filter { isMember($0.index) && $0.isInDoubt(shape) }
  }

  private var isAtRest: Bool {
    unwell.isEmpty && operations.replacing == nil && operations.restarting.isEmpty
      && placed?.isMoving != true
      && clients.allSatisfy { client in
        if case .agent = client.kind { true } else { client.pending == nil && client.echo == nil }
      }
      && promises.places.open.isEmpty
      && placement.partitions.allSatisfy { partition in
        server(of: partition).map {
          $0.raft.commitIndex == $0.raft.lastIndex && $0.status.outboxMessages == 0 && $0.status.timers == 0
        } ?? false
      }
  }

  private var unrest: String {
    var reasons: [String] = []
    if let change = operations.replacing { reasons.append("membership change \(change)") }
    if let placed, placed.isMoving {
      let moving = placed.reports.unsettled(placed.state, at: now / 1_000)
      reasons.append(
        "partitions \(moving) are on their way; \(placed.state.present.map { "\($0.name) \($0.status)" })")
    }
    for node in unwell { reasons.append("\(node.id) is \(node.isUp ? "in doubt" : "down")") }
    for partition in placement.partitions {
      guard let host = server(of: partition) else {
        reasons.append("nobody serves \(partition)")
        continue
      }
      let status = host.status
      if host.raft.commitIndex != host.raft.lastIndex { reasons.append("\(partition) does not commit") }
      if status.outboxMessages > 0 { reasons.append("\(partition) has \(status.outboxMessages) messages") }
      if status.timers > 0 { reasons.append("\(partition) has \(status.timers) timers") }
    }
    for (index, client) in clients.enumerated() {
      if case .agent = client.kind { continue }
      if client.echo != nil { reasons.append("client \(index) waits for an echo") }
      if let pending = client.pending {
        reasons.append("client \(index) waits for \(pending.request.method) of \(pending.request.actor)")
      }
    }
    let open = promises.places.open
    if !open.isEmpty { reasons.append("open interactions: \(open.prefix(5).joined(separator: ", "))") }
    return reasons.joined(separator: "; ")
  }

  func server(of partition: PartitionID) -> PartitionHost? {
    nodes.lazy.filter(\.isUp).map { $0.hosts[Int(partition.rawValue)] }.first(where: \.isServing)
  }

  // MARK: for people

  /// How every replica stands.
  package var standing: [String] {
    nodes.flatMap { node -> [String] in
      guard node.isUp else { return ["\(node.id): \(node.stopped.map { "\($0)" } ?? "up")"] }
      return node.hosts.map { host in
        let raft = host.raft
        let members = raft.membership
        return "\(node.id) \(host.id) \(raft.id) \(raft.role) term \(raft.term) leader "
          + "\(raft.leader.map { "\($0)" } ?? "-") log \(raft.base.index)...\(raft.lastIndex) stable \(raft.stableIndex) "
          + "commit \(raft.commitIndex) applied \(host.appliedIndex) \(host.status.health) "
          + "\(host.isServing ? "serving " : "")\(raft.isConfirmed ? "" : "unconfirmed ")"
          + "floor \(raft.votingFloor.map { "\($0.term)/\($0.index)" } ?? "-") "
          + "voters \(members.voters) outgoing \(members.outgoing) learners \(members.learners) "
          + "witnesses \(members.witnesses)"
          + (host.isServing ? host.traffic : "")
          + raft.progress.map { " [\($0.id) match \($0.match) next \($0.next)]" }.joined()
      }
    }
  }
}
