// The end of a seed: everything heals, what is under way comes to rest, and then the sums must come out.
import ActorCluster
import CBOR
import ContactCenter
import HistoryChecker
import NodeStore
import Raft

extension Simulation {
  /// From here on nothing fails, and everything is up and connected.
  func heal() {
    guard failure == nil else { return }
    isHealed = true
    awaitedKill = nil
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

  /// Runs on until all clients have their answers and all interactions are closed.
  func settle() {
    let deadline = now + Self.patienceForRest
    while failure == nil, now < deadline {
      advance(to: now + 500_000)
      if isAtRest { return advance(to: now + 1_500_000) }
    }
    guard failure == nil else { return }
    fail("liveness: not at rest \(Self.patienceForRest / 1_000_000) s after everything healed: \(unrest)")
  }

  private var isAtRest: Bool {
    operations.replacing == nil && operations.restarting.isEmpty
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

  // MARK: what must hold

  func checkAtTheEnd() {
    coverage.count(.timers, promises.timersFired)
    coverage.count(.messages, promises.messagesApplied)
    coverage.count(.reconfigurations, promises.memberships)
    coverage.count(.jointConfigurations, promises.jointMemberships)
    checkStandbys()
    checkSums()
    checkPlaces()
    checkHistory()
    checkReplicas()
  }

  private func look<Value: Decodable>(_ actor: ActorKey, _ method: String, _ argument: some Encodable)
    -> Value?
  {
    guard let host = server(of: placement.partition(of: actor)),
      let bytes = try? CBOREncoder().encode(argument), let reply = host.look(actor, method, bytes)
    else { return nil }
    return try? CBORDecoder().decode(Value.self, from: reply)
  }

  /// Every voter that is up has what is committed: standbys are hot.
  private func checkStandbys() {
    for partition in placement.partitions {
      guard let leader = server(of: partition) else { continue }
      for node in nodes where node.isUp {
        let host = node.hosts[Int(partition.rawValue)]
        guard leader.raft.membership.isVoter(host.raft.id), host.raft.commitIndex < leader.raft.commitIndex
        else {
          continue
        }
        fail(
          "liveness: \(node.id) is at \(host.raft.commitIndex) of \(partition), its leader at \(leader.raft.commitIndex)"
        )
      }
    }
  }

  private func checkSums() {
    var total = 0
    var increments = 0
    var fired = 0
    for counter in SimulatedClient.counters + SimulatedClient.registers {
      let actor = ActorKey(type: Counter.actorType, id: counter)
      guard let value: CounterState.Value = look(actor, "value", Done()) else {
        return fail("liveness: \(counter) cannot be read")
      }
      let acknowledged = ledger.added[counter, default: 0]
      if value.increments != acknowledged {
        fail(
          "P1, P3: \(acknowledged) increments of \(counter) were acknowledged, \(value.increments) are there")
      }
      total += value.value
      increments += value.increments
      fired += value.fired
    }
    if total != increments { fail("P3: transfers between counters made \(total) of \(increments)") }
    if fired != ledger.reminders {
      fail("P5: \(ledger.reminders) timers were set and acknowledged, \(fired) fired")
    }
  }

  private func checkPlaces() {
    for id in ledger.created where !promises.places.exists(id) {
      fail("P1: interaction \(id) was accepted and is nowhere")
    }
    var conservation = Conservation(interactions: [], agents: [], queues: [])
    for id in ledger.created {
      guard let view: InteractionView = look(.interaction(id), "view", ViewInteraction()) else {
        return fail("P1: interaction \(id) was accepted and cannot be read")
      }
      conservation.interactions.append(.init(view))
    }
    for client in clients {
      guard case .agent(let id) = client.kind, let view: AgentView = look(.agent(id), "view", ViewAgent())
      else {
        continue
      }
      conservation.agents.append(.init(view))
    }
    for queue in SimulatedClient.queues {
      guard let status: QueueStatus = look(.workQueue(queue), "status", ViewQueue()) else { continue }
      conservation.queues.append(.init(status))
    }
    if let violation = conservation.violations(settled: true).first { fail("P4: \(violation)") }
  }

  private func checkHistory() {
    do throws(HistoryError) {
      let report = try HistoryCheck.run(records: ledger.history, model: .register)
      if report.verdict != .ok {
        fail("P2: the history of the registers is not linearizable: \(report.text)")
      }
    } catch {
      fail("the recorded history is malformed: \(error)")
    }
  }

  /// Every data replica that has applied as much as another has the same rows.
  private func checkReplicas() {
    for partition in placement.partitions {
      var rows: [(index: LogIndex, node: Int, rows: [ActorRow])] = []
      for node in nodes where node.isUp {
        let host = node.hosts[Int(partition.rawValue)]
        guard host.raft.membership.isVoter(host.raft.id), !host.isWitness else { continue }
        nodes[node.index].hosts[Int(partition.rawValue)].checkpointNow(node.moment(now))
        touch(partition, nodes[node.index])
      }
      advance(to: now + 200_000)
      for node in nodes where node.isUp {
        let host = node.hosts[Int(partition.rawValue)]
        guard host.raft.membership.isVoter(host.raft.id), !host.isWitness,
          let loaded = try? node.store?.load(partition)
        else { continue }
        rows.append((loaded.appliedIndex, node.index, loaded.rows))
      }
      for other in rows.dropFirst() where other.index == rows[0].index && other.rows != rows[0].rows {
        fail(
          "P2: n\(rows[0].node + 1) and n\(other.node + 1) have different states of \(partition) at \(other.index)"
        )
      }
    }
  }
}

// MARK: - For people

extension Simulation {
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
