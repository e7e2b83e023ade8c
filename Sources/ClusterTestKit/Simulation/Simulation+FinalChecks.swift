// What must hold at the end of a seed: everything acknowledged is there, the sums come out, and replicas agree.
import ActorCluster
import CBOR
import ContactCenter
import HistoryChecker
import NodeStore
import Raft

extension Simulation {
  func checkAtTheEnd() {
    coverage.count(.timers, promises.timersFired)
    coverage.count(.messages, promises.messagesApplied)
    coverage.count(.reconfigurations, promises.memberships)
    coverage.count(.jointConfigurations, promises.jointMemberships)
    coverage.count(.created, promises.places.created)
    coverage.count(.requeued, promises.places.requeued)
    coverage.count(.completed, promises.places.completed)
    coverage.count(.abandoned, promises.places.abandoned)
    checkStandbys()
    checkSums()
    checkPlaces()
    checkHistory()
    checkReplicas()
    checkStability()
  }

  private func look<Value: Decodable>(_ actor: ActorKey, _ method: String, _ argument: some Encodable)
    -> Value?
  {
    guard let host = server(of: placement.partition(of: actor)),
      let bytes = try? CBOREncoder().encode(argument)
    else { return nil }
    let reply = host.look(actor, method, bytes) ?? lookOnDisk(actor, method, bytes)
    return reply.flatMap { try? CBORDecoder().decode(Value.self, from: $0) }
  }

  /// An actor that has left memory is on the disk as it was.
  private func lookOnDisk(_ actor: ActorKey, _ method: String, _ bytes: [UInt8]) -> [UInt8]? {
    let partition = placement.partition(of: actor)
    let name = ActorName(actorType: actor.type, actorID: actor.id)
    guard let node = nodes.first(where: { $0.isUp && $0.hosts[Int(partition.rawValue)].isServing }),
      let loaded = try? node.store?.loadActors([name], of: partition).first
    else { return nil }
    return node.hosts[Int(partition.rawValue)].look(actor, rows: loaded.rows, method, bytes)
  }

  /// Every replica that is up has what is committed: standbys are hot.
  private func checkStandbys() {
    // Retention goes on at rest: what is committed at this moment is everywhere a second later.
    let committed = placement.partitions.map { server(of: $0)?.raft.commitIndex }
    advance(to: now + 1_000_000)
    for (partition, committed) in zip(placement.partitions, committed) {
      guard let leader = server(of: partition), let committed else { continue }
      for node in nodes where node.isUp {
        let host = node.hosts[Int(partition.rawValue)]
        guard isReplica(host.raft.id, in: leader.raft.membership), host.raft.commitIndex < committed else {
          continue
        }
        fail(
          "liveness: \(node.id) is at \(host.raft.commitIndex) of \(partition), its leader was at \(committed)"
        )
      }
    }
  }

  /// Who is to have all that is committed: where partitions are placed, copies that do not vote, too.
  private func isReplica(_ replica: ReplicaID, in membership: Membership) -> Bool {
    membership.isVoter(replica) || shape.isPlaced && membership.learners.contains(replica)
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
    for id in ledger.created where !promises.places.isForgotten(id) {
      guard let view: InteractionView = look(.interaction(id), "view", ViewInteraction()) else {
        return fail("P1: interaction \(id) was accepted and cannot be read")
      }
      conservation.interactions.append(.init(view))
    }
    for client in clients {
      guard case .agent(let id) = client.kind, client.sequence > 0 else { continue }
      guard let view: AgentView = look(.agent(id), "view", ViewAgent()) else {
        return fail("P1: agent \(id) has signed in and cannot be read")
      }
      conservation.agents.append(.init(view))
    }
    for queue in SimulatedClient.queues where promises.places.hasQueue(queue) {
      guard let status: QueueStatus = look(.workQueue(queue), "status", ViewQueue()) else {
        return fail("P1: queue \(queue) had interactions and cannot be read")
      }
      conservation.queues.append(.init(status))
    }
    if let violation = conservation.violations(settled: true).first { fail("P4: \(violation)") }
  }

  /// One link fails between a leader and another member, whom a third one hears: leaders stay, because a majority hears them
  /// (dissertation, 4.2.3 and 9.6).
  private func checkStability() {
    guard failure == nil,
      let leader = nodes.first(where: { $0.isUp && $0.hosts.contains(where: \.isServing) })
    else { return }
    let others = nodes.filter { other in
      other.isUp && other.index != leader.index
        && leader.hosts.contains {
          $0.isServing && $0.raft.membership.isVoter(other.hosts[Int($0.id.rawValue)].raft.id)
        }
    }
    guard !others.isEmpty else { return }
    let other = others[Int(random.next() % UInt64(others.count))]
    let before = elections
    for (from, to) in [(leader.index, other.index), (other.index, leader.index)] {
      network.cut(from, to, true)
    }
    advance(to: now + 4 * Int64(profile.electionTicks) * shape.tickMilliseconds * 1_000)
    if elections != before {
      fail("availability: a leader was deposed because \(leader.id) and \(other.id) do not hear each other")
    }
    for (from, to) in [(leader.index, other.index), (other.index, leader.index)] {
      network.cut(from, to, false)
    }
  }

  private var elections: UInt64 {
    coverage.situations[.elections, default: 0] + coverage.situations[.witnessElections, default: 0]
  }

  private func checkHistory() {
    do throws(HistoryError) {
      // No clock: the same seed gives the same answer on any machine.
      let check = HistoryCheck(model: .register, limits: CheckLimits(steps: 5_000_000)) { .zero }
      let report = try check.run(try History(records: ledger.history))
      switch report.verdict {
      case .ok: break
      case .violated: fail("P2: the history of the registers is not linearizable: \(report.text)")
      case .unknown: fail("the history of the registers is too much for the checker: \(report.text)")
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
        guard isReplica(host.raft.id, in: host.raft.membership), !host.isWitness else { continue }
        nodes[node.index].hosts[Int(partition.rawValue)].checkpointNow(node.moment(now))
        touch(partition, nodes[node.index])
      }
      advance(to: now + 200_000)
      for node in nodes where node.isUp {
        let host = node.hosts[Int(partition.rawValue)]
        guard isReplica(host.raft.id, in: host.raft.membership), !host.isWitness,
          let loaded = try? node.store?.load(partition)
        else { continue }
        rows.append((loaded.appliedIndex, node.index, loaded.rows))
      }
      for (position, one) in rows.enumerated() {
        for other in rows[(position + 1)...] where other.index == one.index {
          coverage.count(.replicasCompared)
          guard other.rows != one.rows else { continue }
          fail(
            "P2: n\(one.node + 1) and n\(other.node + 1) have different states of \(partition) at \(other.index)"
          )
        }
      }
    }
  }
}
