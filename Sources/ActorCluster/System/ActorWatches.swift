// Watches on node-bound actors: the shell around `Watches`.
internal import NIOConcurrencyHelpers
internal import PeerTransport

/// Safe from any thread.
final class ActorWatches: Sendable {
  private typealias Waiter = CheckedContinuation<ActorEnd, Never>

  private struct State: Sendable {
    var watches = Watches<Waiter>()
    var isStopped = false
  }

  private let links: CallLinks
  private let clock: ClusterClock
  private let state = NIOLockedValueBox(State())

  init(links: CallLinks, clock: ClusterClock) {
    self.links = links
    self.clock = clock
  }

  /// Watches of this system, and of others on actors here.
  var count: (own: Int, others: Int) {
    state.withLockedValue { ($0.watches.count, $0.watches.remoteCount) }
  }

  /// Returns when the actor has ended.
  /// - Parameter isLocal: it is one of this system; then `isAlive` says whether it is there.
  func end(of id: NodeActorID, isLocal: Bool, isAlive: @Sendable () -> Bool) async -> ActorEnd {
    let watch = NIOLockedValueBox<UInt64?>(nil)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let link = isLocal ? nil : links.link(to: id.node)
        if let link, link.peer.incarnation > id.incarnation {
          return waiter.resume(returning: .nodeRestarted)
        }
        let since = isLocal || link != nil ? nil : clock.monotonic()
        let added = state.withLockedValue { state -> UInt64? in
          state.isStopped ? nil : state.watches.add(waiter, on: id, unconnectedAt: since)
        }
        guard let added else { return waiter.resume(returning: .stopped) }
        watch.withLockedValue { $0 = added }
        link?.control { $0.writeWatch(id.number) }
        if !isLocal { heed(links.link(to: id.node), insteadOf: link) }
        if isLocal, !isAlive() { end(id, .resigned) }
        if Task.isCancelled { remove(added, id) }
      }
    } onCancel: {
      if let added = watch.withLockedValue({ $0 }) { remove(added, id) }
    }
  }

  /// The link changed while a watch was added, which did not see it.
  private func heed(_ link: CallLink?, insteadOf seen: CallLink?) {
    guard link !== seen else { return }
    if let link { connected(link) } else if let seen { lost(seen) }
  }

  private func remove(_ watch: UInt64, _ id: NodeActorID) {
    state.withLockedValue { $0.watches.remove(watch, on: id) }?.resume(returning: .stopped)
  }

  private func end(_ id: NodeActorID, _ end: ActorEnd) {
    for waiter in state.withLockedValue({ $0.watches.ended(id) }) { waiter.resume(returning: end) }
  }

  // MARK: what happens

  func resigned(_ id: NodeActorID) {
    end(id, .resigned)
    let told = state.withLockedValue { $0.watches.resigned(id.number) }
    guard !told.isEmpty else { return }
    for link in links.all where told.contains(link.number) { link.control { $0.writeEnded(id.number) } }
  }

  func watched(_ number: UInt64, by link: CallLink, isAlive: () -> Bool) {
    state.withLockedValue { $0.watches.watched(number, by: link.number) }
    // Looked at afterwards: whoever resigns in between tells it.
    guard !isAlive() else { return }
    state.withLockedValue { $0.watches.unwatched(number, by: link.number) }
    link.control { $0.writeEnded(number) }
  }

  func ended(_ number: UInt64, at link: CallLink) {
    guard link.peer.role == .node else { return }
    let waiters = state.withLockedValue {
      $0.watches.ended(number, of: link.peer.node, incarnation: link.peer.incarnation)
    }
    for waiter in waiters { waiter.resume(returning: .resigned) }
  }

  func connected(_ link: CallLink) {
    guard link.peer.role == .node else { return }
    let (ended, watched) = state.withLockedValue {
      $0.watches.connected(link.peer.node, incarnation: link.peer.incarnation)
    }
    for waiter in ended { waiter.resume(returning: .nodeRestarted) }
    for id in watched { link.control { $0.writeWatch(id.number) } }
  }

  func lost(_ link: CallLink) {
    let now = clock.monotonic()
    state.withLockedValue {
      $0.watches.lost(link.number)
      if link.peer.role == .node { $0.watches.disconnected(link.peer.node, now: now) }
    }
  }

  func expire(now: Int64) {
    for waiter in state.withLockedValue({ $0.watches.expired(now: now) }) {
      waiter.resume(returning: .unreachable)
    }
  }

  func stop() {
    let waiters = state.withLockedValue { state in
      state.isStopped = true
      return state.watches.takeAll()
    }
    for waiter in waiters { waiter.resume(returning: .stopped) }
  }
}

/// The task of a call within this system, if it takes one.
final class LocalCallTask: Sendable {
  private let state = NIOLockedValueBox<(task: Task<Void, Never>?, isCancelled: Bool)>((nil, false))

  func attach(_ task: Task<Void, Never>) {
    let isCancelled = state.withLockedValue { state in
      state.task = task
      return state.isCancelled
    }
    if isCancelled { task.cancel() }
  }

  func cancel() {
    state.withLockedValue { state -> Task<Void, Never>? in
      state.isCancelled = true
      return state.task
    }?.cancel()
  }
}
