// Carries alarms to one receiver, in order, for as long as the node runs. A shell around `DeliveryQueue`.
package import Alarms
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// What waits when the node ends is not kept: the others raise what they see of it.
package final class AlarmForwarder: Service {
  package typealias Queue = DeliveryQueue<AlarmChange>

  /// Changes that may wait.
  package static let limit = 512

  /// How long the end of a node may be held up by what frees connections.
  private static let stopLimit = Duration.seconds(1)

  private let receiver: String
  private let center: AlarmCenter
  private let clock: @Sendable () -> Int64
  private let logger: Logger
  private let send: @Sendable (AlarmChange, UInt64) async -> Queue.Outcome
  private let stop: @Sendable () async -> Void
  private let queue: Mutex<Queue>
  private let news: AsyncStream<Void>

  /// - Parameters:
  ///   - receiver: its name in logs, alarms and metrics.
  ///   - clock: milliseconds on a clock that only runs forward.
  ///   - send: delivers one change, and says how many before it were dropped. It ends by itself after a while.
  ///   - stop: frees what `send` holds.
  package init(
    receiver: String, center: AlarmCenter, limit: Int = AlarmForwarder.limit,
    clock: @escaping @Sendable () -> Int64, logger: Logger,
    send: @escaping @Sendable (AlarmChange, UInt64) async -> Queue.Outcome,
    stop: @escaping @Sendable () async -> Void = {}
  ) {
    self.receiver = receiver
    self.center = center
    self.clock = clock
    self.logger = logger
    self.send = send
    self.stop = stop
    queue = Mutex(Queue(limit: limit))
    let (news, told) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.news = news
    center.report(ForwardingStatus(receiver: receiver))
    center.forward { [weak self] change in
      self?.queue.withLock { $0.add(change) }
      told.yield()
    }
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown { [self] in
      await deliver()
      // Not for long: the node ends, and with it whatever is held.
      _ = await withoutWaiting(for: stop, atMost: Self.stopLimit)
    }
  }

  private func deliver() async {
    var news = news.makeAsyncIterator()
    while !Task.isCancelled {
      switch queue.withLock({ $0.next(at: clock()) }) {
      case .deliver(let change, let dropped):
        // Looking a name up, for example, does not end with its task.
        let send = self.send
        guard let outcome = await withoutWaiting(for: { await send(change, dropped) }) else { return }
        finish(outcome)
      case .wait(let moment):
        try? await Task.sleep(for: .milliseconds(max(1, moment - clock())))
      case .idle:
        guard await news.next() != nil else { return }
      }
    }
  }

  private func finish(_ outcome: Queue.Outcome) {
    let now = clock()
    let (before, status) = queue.withLock { queue in
      let before = queue.problem
      queue.ended(outcome, at: now)
      var status = ForwardingStatus(receiver: receiver)
      status.waiting = queue.count
      status.delivered = queue.delivered
      status.dropped = queue.dropped
      status.rejected = queue.rejected
      status.problem = queue.problem
      return (before, status)
    }
    center.report(status)
    guard let problem = status.problem, problem != before else { return }
    logger.warning(
      "an alarm could not be delivered",
      metadata: [
        "receiver": "\(receiver)", "cause": "\(problem)", "waiting": "\(status.waiting)",
        "dropped": "\(status.dropped)", "rejected": "\(status.rejected)",
      ])
  }
}
