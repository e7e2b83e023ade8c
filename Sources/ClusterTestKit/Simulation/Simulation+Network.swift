// Packets between simulated nodes.
import ActorCluster
import NodeStore
import PeerTransport
import Raft

extension Simulation {
  func send(_ packet: Packet, from node: SimulatedNode, to receiver: Int) {
    guard nodes.indices.contains(receiver) else { return }
    let other = nodes[receiver]
    let event = Event.packet(
      packet, from: node.index, senderLife: node.life, receiverLife: other.life,
      connection: network.connection(node.index, receiver))
    if receiver == node.index { return schedule(event, to: receiver, in: 20) }
    switch network.fate(from: node.index, to: receiver, now: now, &random) {
    case .lost:
      trace.record(.dropped, at: now, node: node.index, UInt64(receiver))
    case .arrives(let delay):
      schedule(event, to: receiver, in: delay)
    case .arrivesTwice(let first, let second):
      schedule(event, to: receiver, in: first)
      schedule(event, to: receiver, in: second)
    }
  }

  func receive(_ packet: Packet, from sender: Int, senderLife: Int, at node: SimulatedNode) {
    trace.record(.delivered, at: now, node: node.index, UInt64(sender), UInt64(senderLife))
    let moment = node.moment(now)
    switch packet {
    case .consensus(let partition, let message):
      node.hosts[Int(partition.rawValue)].receive(message)
      touch(partition, node)
    case .messages(let batch):
      node.hosts[Int(batch.to.rawValue)].receive(batch, moment)
      touch(batch.to, node)
    case .acknowledged(let receiver, let sender, let upTo):
      node.hosts[Int(sender.rawValue)].acknowledged(by: receiver, upTo: upTo)
      touch(sender, node)
    case .ping(let wall, let incarnation):
      // A disk that was replaced counts its starts anew.
      guard senderLife == nodes[sender].life else { return }
      node.incarnations[sender] = max(node.incarnations[sender], incarnation)
      node.clocks.observe(shape.nodeID(sender), wall: wall, monotonic: now / 1_000)
    case .alive(let frame):
      receive(frame, from: shape.nodeID(sender), at: node)
    }
  }

  func ping(_ node: SimulatedNode) {
    reportPlacement(node)
    let packet = Packet.ping(wall: node.wall(now), incarnation: node.incarnations[node.index])
    for other in nodes where other.index != node.index { send(packet, from: node, to: other.index) }
  }

  /// One heartbeat to each node, for all its partitions.
  func beat(_ node: SimulatedNode, _ moment: Moment) {
    let led = node.hosts.filter(\.isLeader).map {
      AliveFrame.Led(partition: $0.id, term: $0.raft.term, commit: $0.raft.commitIndex)
    }
    for other in nodes where other.index != node.index {
      send(.alive(node.heartbeats.next(to: other.id, led: led)), from: node, to: other.index)
    }
  }

  private func receive(_ frame: AliveFrame, from peer: NodeID, at node: SimulatedNode) {
    let hearsUs = node.heartbeats.received(frame, from: peer)
    for position in node.hosts.indices {
      if let led = frame.led.first(where: { $0.partition == node.hosts[position].id }) {
        node.hosts[position].leaderAlive(peer, term: led.term)
      }
      if hearsUs { node.hosts[position].nodeAlive(peer) }
      // What follows from it waits for the next tick.
    }
  }

  /// Both ends learn of a new connection. What was under way on the one before is lost.
  /// - Parameter isStarted: the first of the two is a new process, and the other learns that the one before is gone.
  func connect(_ node: SimulatedNode, _ other: SimulatedNode, isStarted: Bool = false) {
    guard network.reaches(node.index, other.index), network.reaches(other.index, node.index) else { return }
    network.connect(node.index, other.index)
    for (one, peer) in [(node, other), (other, node)] {
      if isStarted { one.heartbeats.forget(peer.id) }
      for position in one.hosts.indices {
        if isStarted, one.index == other.index { one.hosts[position].nodeGone(peer.id) }
        one.hosts[position].nodeConnected(peer.id)
        one.touched[position] = true
      }
      scheduleTurn(one)
    }
  }

  /// A node learns that a peer's process is gone.
  func peerGone(_ peer: Int, at index: Int) {
    let node = nodes[index]
    guard node.isUp, !nodes[peer].isUp else { return }
    for position in node.hosts.indices {
      node.hosts[position].nodeGone(shape.nodeID(peer))
      node.touched[position] = true
    }
    scheduleTurn(node)
  }
}
