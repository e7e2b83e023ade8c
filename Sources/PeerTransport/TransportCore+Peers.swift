// Nodes that come and go while the transport runs. On the event loop.

extension TransportCore {
  /// Before the start, what `start` dials; afterwards new nodes are dialed at once.
  func setPeers(_ nodes: [NodeID: HostPort]) {
    guard !isStopped else { return }
    let own = configuration.identity
    peers = nodes.filter { $0.key != own.node || own.role == .client }
    admission.nodes = Set(peers.keys)
    for node in links.keys.sorted() where peers[node] == nil {
      update(node) { link, _ in link.stop(because: .notAMember) }
      cancelTimer(node)
      // What is still being dialed is refused by its handshake.
      links[node] = nil
    }
    for node in peers.keys.sorted() where links[node] == nil {
      links[node] = makeLink()
      if hasStarted { update(node) { link, core in link.start(next: core.nextID()) } }
    }
  }
}
