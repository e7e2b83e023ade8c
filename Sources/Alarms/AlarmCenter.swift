// The alarms of a running node, shared by all that feeds and shows them. A shell around `AlarmBoard`; safe from any thread.
public import Logging
internal import Synchronization

/// How alarms get to one receiver outside the cluster.
public struct ForwardingStatus: Equatable, Sendable {
  /// `webhook` or `syslog`.
  public var receiver: String
  public var waiting: Int
  public var delivered: UInt64
  public var dropped: UInt64
  public var rejected: UInt64
  /// Why the last attempt did not work; nil after one that did.
  public var problem: String?

  public init(receiver: String) {
    self.receiver = receiver
    waiting = 0
    delivered = 0
    dropped = 0
    rejected = 0
  }
}

/// What is known at one moment, for metrics and status pages.
public struct AlarmOverview: Sendable {
  public var active: [Alarm]
  public var changes: [AlarmChange.Kind: UInt64]
  /// In order of receiver.
  public var forwarding: [ForwardingStatus]
}

/// The reader of a stream of alarms took none for too long: begin again, with what is active then.
public struct AlarmsMissed: Error, CustomStringConvertible {
  public var description: String { "the reader fell \(AlarmCenter.streamBuffer) alarms behind" }
}

public final class AlarmCenter: Sendable {
  /// Changes that the reader of a stream may be behind; then its stream ends.
  public static let streamBuffer = 256

  private struct State {
    var board: AlarmBoard
    var nextSubscriber: UInt64 = 0
    var subscribers: [UInt64: AsyncThrowingStream<AlarmChange, any Error>.Continuation] = [:]
    var forwarding: [String: ForwardingStatus] = [:]
    var receivers: [@Sendable (AlarmChange) -> Void] = []
  }

  private let state: Mutex<State>
  private let refused = Atomic<UInt64>(0)
  private let clock: @Sendable () -> AlarmTime
  private let logger: Logger

  public init(
    node: String, incarnation: UInt64, limits: AlarmBoard.Limits = AlarmBoard.Limits(),
    clock: @escaping @Sendable () -> AlarmTime, logger: Logger
  ) {
    state = Mutex(State(board: AlarmBoard(node: node, incarnation: incarnation, limits: limits)))
    self.clock = clock
    self.logger = logger
  }

  // MARK: what comes in

  /// - Parameter conditions: all that hold now.
  public func observe(_ conditions: [AlarmCondition]) {
    let now = clock()
    state.withLock { state in publish(state.board.observe(conditions, at: now), &state) }
  }

  /// - Parameter person: the name of who does it.
  /// - Returns: the alarm as it is then.
  public func acknowledge(_ id: String, by person: String, note: String?) throws(AlarmRefusal) -> Alarm {
    let now = clock()
    return try state.withLock { state throws(AlarmRefusal) in
      let change = try state.board.acknowledge(id, by: person, note: note, at: now)
      publish([change], &state)
      return change.alarm
    }
  }

  /// A request or command was refused by a limit. Costs an addition.
  public func countRefusal() { refused.wrappingAdd(1, ordering: .relaxed) }

  /// Since the start.
  public var refusals: UInt64 { refused.load(ordering: .relaxed) }

  public func report(_ status: ForwardingStatus) {
    state.withLock { $0.forwarding[status.receiver] = status }
  }

  // MARK: what is shown

  public var active: [Alarm] { state.withLock { $0.board.active } }

  public var list: AlarmList {
    state.withLock { state in
      AlarmList(
        node: state.board.node, active: state.board.active.map(AlarmReport.init),
        history: state.board.history.map(AlarmReport.init))
    }
  }

  public var overview: AlarmOverview {
    state.withLock { state in
      AlarmOverview(
        active: state.board.active, changes: state.board.changeCounts,
        forwarding: state.forwarding.values.sorted { $0.receiver < $1.receiver })
    }
  }

  /// What is active now, and every change after that, in order. The stream ends with `AlarmsMissed` when its reader is
  /// `streamBuffer` behind.
  public func changes() -> (active: [Alarm], changes: AsyncThrowingStream<AlarmChange, any Error>) {
    let (stream, continuation) = AsyncThrowingStream.makeStream(
      of: AlarmChange.self, bufferingPolicy: .bufferingOldest(Self.streamBuffer))
    let (active, number) = state.withLock { state in
      state.nextSubscriber += 1
      state.subscribers[state.nextSubscriber] = continuation
      return (state.board.active, state.nextSubscriber)
    }
    continuation.onTermination = { [weak self] _ in
      // Not under the lock: `publish` ends streams while it holds it.
      self?.state.withLock { $0.subscribers[number] = nil }
    }
    return (active, stream)
  }

  /// Every change from now on, in order; `receive` must return at once, and must not call this center.
  public func forward(to receive: @escaping @Sendable (AlarmChange) -> Void) {
    state.withLock { $0.receivers.append(receive) }
  }

  // MARK: what goes out

  /// Under the lock, so that everybody sees the same order.
  private func publish(_ changes: [AlarmChange], _ state: inout State) {
    for change in changes {
      log(change)
      for receive in state.receivers { receive(change) }
      for number in state.subscribers.keys.sorted() {
        if case .dropped = state.subscribers[number]?.yield(change) {
          let late = state.subscribers.removeValue(forKey: number)
          late?.onTermination = nil
          late?.finish(throwing: AlarmsMissed())
        }
      }
    }
  }

  private func log(_ change: AlarmChange) {
    let alarm = change.alarm
    var metadata: Logger.Metadata = [
      "alarm": "\(alarm.id)", "kind": "\(alarm.kind.rawValue)", "subject": "\(alarm.subject)",
      "severity": "\(alarm.severity.rawValue)", "detail": "\(alarm.detail)",
    ]
    if alarm.repeats > 0 { metadata["repeats"] = "\(alarm.repeats)" }
    if let acknowledgment = alarm.acknowledgment { metadata["by"] = "\(acknowledgment.by)" }
    switch change.kind {
    case .raised, .escalated, .reminded: metadata["do"] = "\(alarm.kind.entry.advice)"
    case .acknowledged: metadata["note"] = "\(alarm.acknowledgment?.note ?? "")"
    case .eased, .cleared: break
    }
    logger.log(level: level(change), "alarm \(change.kind.rawValue)", metadata: metadata)
  }

  private func level(_ change: AlarmChange) -> Logger.Level {
    switch (change.kind, change.alarm.severity) {
    case (.cleared, _), (.acknowledged, _), (.eased, _), (_, .info): .notice
    case (_, .warning): .warning
    case (_, .critical): .critical
    }
  }
}
