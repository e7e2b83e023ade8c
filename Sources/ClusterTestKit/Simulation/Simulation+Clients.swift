// Clients of a simulated cluster: sending, sending again, and what answers mean.
import ActorCluster
import CBOR
import ContactCenter
import HistoryChecker
import NodeStore

extension Simulation {
  private static let patience: Int64 = 350_000

  func clientTurn(_ index: Int) {
    schedule(.client(index), in: clients[index].pause + Int64(random.next() % 250_000))
    // Nobody needs the answer to an echo: it may have gone to a node that is down.
    if let echo = clients[index].echo, now - echo.sentAt > 2_000_000 { clients[index].echo = nil }
    if let pending = clients[index].pending {
      if now - pending.sentAt >= Self.patience { transmit(index) }
      return
    }
    guard let request = clients[index].next(&random, isClosing: isClosing) else { return }
    begin(request, index)
  }

  private func begin(_ request: ClientRequest, _ index: Int, at node: Int? = nil) {
    clients[index].sequence += 1
    let command = CommandID(session: clients[index].session, sequence: clients[index].sequence)
    clients[index].pending = .init(request: request, command: command, firstCall: nextCall)
    ledger.begun(request, client: index, at: now)
    transmit(index, to: node)
  }

  private func transmit(_ index: Int, to node: Int? = nil) {
    guard var pending = clients[index].pending else { return }
    pending.attempts += 1
    pending.sentAt = now
    let node = node ?? anyNode(for: pending.request.actor)
    pending.node = node
    clients[index].pending = pending
    transmit(pending, newCall(of: index), to: node)
  }

  private func newCall(of client: Int) -> CallID {
    let call = CallID(rawValue: nextCall << 8 | UInt64(client))
    nextCall += 1
    return call
  }

  /// Mostly the node that leads the actor's partition, if any says so.
  private func anyNode(for actor: ActorKey) -> Int {
    let position = Int(placement.partition(of: actor).rawValue)
    let draw = Int(random.next() % UInt64(shape.nodes))
    if random.chance(oneIn: 4) { return draw }
    // Of several that think so, any: a deposed one must not answer.
    let serving = nodes.filter { $0.isUp && $0.hosts[position].isServing }
    return serving.isEmpty ? draw : serving[draw % serving.count].index
  }

  private func transmit(_ pending: SimulatedClient.Pending, _ id: CallID, to node: Int) {
    let call = PartitionCall(
      id: id, command: pending.command, firstOutstanding: pending.command.sequence,
      actor: pending.request.actor, method: pending.request.method, argument: pending.request.argument)
    trace.record(.call, at: now, node: node, id.rawValue)
    schedule(.call(call, placement.partition(of: call.actor)), to: node, in: 200 + Int64(random.next() % 400))
  }

  func deliver(_ call: PartitionCall, _ partition: PartitionID, to index: Int) {
    let node = nodes[index]
    guard node.isUp else { return }
    if node.pausedUntil > now {
      return schedule(.call(call, partition), to: index, at: node.pausedUntil)
    }
    node.hosts[Int(partition.rawValue)].invoke(call, node.moment(now))
    touch(partition, node)
  }

  // MARK: answers

  func answered(_ call: CallID, _ answer: CallAnswer) {
    let index = Int(call.rawValue & 0xFF)
    trace.record(.answer, at: now, node: index, call.rawValue)
    if let echo = clients[index].echo, echo.call == call { return answered(echo, answer, index) }
    // An answer to an earlier command than the present one comes too late.
    guard let pending = clients[index].pending, call.rawValue >> 8 >= pending.firstCall else { return }
    switch answer {
    case .reply(let bytes): completed(pending, reply: bytes, index)
    case .refused: completed(pending, reply: nil, index)
    case .redirected(let leader):
      guard now - pending.sentAt > 20_000, let leader, let node = nodes.firstIndex(where: { $0.id == leader })
      else { return }
      transmit(index, to: node)
    case .failed(.overloaded), .failed(.quarantined), .failed(.shuttingDown):
      break
    case .failed(let error):
      // A late answer to an earlier attempt says that it is done with; the one to the present attempt must not.
      promises.breach("P3: \(pending.request.method) of a live session failed: \(error)")
    }
  }

  private func completed(_ pending: SimulatedClient.Pending, reply: [UInt8]?, _ index: Int) {
    clients[index].pending = nil
    ledger.completed(pending.request, reply: reply, client: index, at: now)
    if reply != nil { coverage.count(.commands) }
    if pending.attempts > 1 { coverage.count(.repeatedCommands) }
    if pending.request.purpose == .viewAgent, let reply {
      clients[index].view = try? CBORDecoder().decode(AgentView.self, from: reply)
    }
    if !isClosing, case .add(let counter) = pending.request.purpose {
      look(at: counter, insteadOf: pending.node)
    }
    guard let reply, !pending.request.isRead, random.chance(oneIn: 5) else { return }
    let call = newCall(of: index)
    clients[index].echo = .init(pending: pending, reply: reply, call: call, sentAt: now)
    transmit(pending, call, to: anyNode(for: pending.request.actor))
  }

  /// Somebody reads what has just been written, rather at another node that believes to lead.
  private func look(at register: String, insteadOf node: Int?) {
    guard SimulatedClient.registers.contains(register),
      let reader = clients.indices.first(where: { clients[$0].isFreeToCount }), random.chance(oneIn: 2)
    else { return }
    let request = ClientRequest.read(register)
    let position = Int(placement.partition(of: request.actor).rawValue)
    begin(
      request, reader, at: nodes.first { $0.isUp && $0.index != node && $0.hosts[position].isServing }?.index)
  }

  /// A leader was elected: somebody writes there at once, while another may still believe to lead.
  func write(to partition: PartitionID, at node: Int) {
    let requests = SimulatedClient.registers.map { ClientRequest.add($0) }
    guard !isClosing, let request = requests.first(where: { placement.partition(of: $0.actor) == partition }),
      let writer = clients.indices.first(where: { clients[$0].isFreeToCount }), random.chance(oneIn: 2)
    else { return }
    begin(request, writer, at: node)
  }

  /// The same command again: the same reply, or word that it is forgotten. Never another effect.
  private func answered(_ echo: SimulatedClient.Echo, _ answer: CallAnswer, _ index: Int) {
    clients[index].echo = nil
    switch answer {
    case .reply(let bytes):
      coverage.count(.deduplications)
      if bytes != echo.reply {
        promises.breach("P3: command \(echo.pending.command) got two different replies")
      }
    case .failed(.outcomeUnknown), .redirected, .failed(.overloaded), .failed(.quarantined),
      .failed(.shuttingDown):
      break
    case .refused, .failed:
      promises.breach("P3: command \(echo.pending.command) was executed again: \(answer)")
    }
  }
}
