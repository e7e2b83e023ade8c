// The thread that makes the log durable: everything pending goes into one transaction, one fsync.
internal import Foundation
internal import Raft
internal import Synchronization

/// Takes appends from any thread and commits them from its own, in the order in which they came. While a commit is on its
/// way to the disk the next batch gathers, so a batch grows with the load by itself, without a timer.
final class LogWriter: Sendable {
  typealias Completion = @Sendable (Result<Void, StoreError>) -> Void

  struct Request: Sendable {
    var write: LogWrite
    var estimatedBytes: Int
    var completion: Completion
  }

  struct Limits: Sendable {
    /// Past it, appends are counted in `appendsPastLimit`. They are kept all the same.
    var pendingBytes = 64 << 20
    /// A transaction takes no further request past it.
    var batchBytes = 8 << 20
    /// How long a batch that found no room waits before it is tried again.
    var fullPauseMilliseconds = 1_000
  }

  private struct Shared {
    var pending: [Request] = []
    var isWriterWaiting = false
    var isClosing = false
    var hasEnded = false
    var statistics = StoreStatistics()
    var latencies = CommitLatencies()
    /// When the commit began that is under way.
    var commitStart: ContinuousClock.Instant?
    var pressure: LogPressure?
  }

  private enum Next {
    case batch([Request])
    /// Nobody waits, and the file can be put in order.
    case upkeep
    case wait
    case end
  }

  private let shared = Mutex(Shared())
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchGroup()
  private let limits: Limits
  private let origin = ContinuousClock.now

  init(core: consuming LogWriterCore, limits: Limits = Limits()) {
    self.limits = limits
    var core = core
    shared.withLock { [pressure = core.pressure, sizes = core.measure()] shared in
      shared.pressure = pressure
      LogOutcome(sizes: sizes).count(in: &shared.statistics)
    }
    ended.enter()
    let thread = Thread { [self, core] in
      run(core)
      ended.leave()
    }
    thread.name = "log writer"
    thread.start()
  }

  func pressure() -> LogPressure? {
    shared.withLock { $0.pressure }
  }

  func append(_ write: LogWrite, completion: @escaping Completion) {
    let request = Request(write: write, estimatedBytes: Self.estimate(write), completion: completion)
    let (isAccepted, mustWake) = shared.withLock { shared in
      guard !shared.isClosing else { return (false, false) }
      if shared.statistics.pendingBytes > limits.pendingBytes {
        shared.statistics.appendsPastLimit += 1
      }
      shared.statistics.pendingBytes += request.estimatedBytes
      shared.pending.append(request)
      let mustWake = shared.isWriterWaiting
      shared.isWriterWaiting = false
      return (true, mustWake)
    }
    if mustWake { wake.signal() }
    if !isAccepted { completion(.failure(.closed)) }
  }

  /// Commits what is pending, then ends the thread. Must not be called from a completion.
  func close() {
    let mustWake = shared.withLock { shared in
      shared.isClosing = true
      // A wait for room ends, too.
      let mustWake = shared.isWriterWaiting || shared.statistics.isLogFull
      shared.isWriterWaiting = false
      return mustWake
    }
    if mustWake { wake.signal() }
    ended.wait()
  }

  func statistics() -> StoreStatistics {
    let now = milliseconds
    return shared.withLock { shared in
      var statistics = shared.statistics
      let window = shared.latencies.last(at: now)
      statistics.commitP50Nanoseconds = window.percentile(50)
      statistics.commitP95Nanoseconds = window.percentile(95)
      statistics.commitP99Nanoseconds = window.percentile(99)
      statistics.recentCommitNanoseconds = Self.recent(
        shared.latencies.last(Self.recentSeconds, at: now), openFor: shared.commitStart?.nanosecondsSince)
      return statistics
    }
  }

  private static let recentSeconds = 4
  /// Fewer commits say nothing about a disk.
  private static let fewestCommits = 3

  /// A commit that hangs counts before it ends.
  private static func recent(_ window: CommitLatencies.Summary, openFor open: UInt64?) -> UInt64? {
    let median = window.commits >= fewestCommits ? window.percentile(50) : nil
    guard let open, open > 1_000_000_000 else { return median }
    return max(open, median ?? 0)
  }

  /// Since this writer was made.
  private var milliseconds: Int64 { Int64(clamping: origin.nanosecondsSince / 1_000_000) }

  private func run(_ core: consuming LogWriterCore) {
    var core = core
    while true {
      switch next(hasUpkeep: core.hasUpkeep) {
      case .wait:
        wake.wait()
      case .end:
        return
      case .upkeep:
        keepUp(&core, isIdle: true)
      case .batch(let batch):
        shared.withLock { $0.commitStart = .now }
        let outcome = whileFull(core.write(batch.lazy.map(\.write), waitsForRoom: true), &core)
        let now = milliseconds
        shared.withLock { [pressure = core.pressure] shared in
          outcome.count(in: &shared.statistics)
          shared.pressure = pressure
          shared.statistics.isLogFull = false
          shared.commitStart = nil
          if outcome.hasCommitted { shared.latencies.record(nanoseconds: outcome.nanoseconds, at: now) }
        }
        for (request, result) in zip(batch, outcome.results) {
          shared.withLock { $0.statistics.pendingBytes -= request.estimatedBytes }
          request.completion(result)
        }
        keepUp(&core, isIdle: false)
      }
    }
  }

  /// Tries what found no room again, however long it takes until the disk has some. A batch that waits is all that is lost if it
  /// never has: nothing of it is acknowledged.
  private func whileFull(_ first: LogOutcome, _ core: inout LogWriterCore) -> LogOutcome {
    var outcome = first
    while outcome.isFull {
      let isClosing = shared.withLock { shared in
        shared.statistics.isLogFull = true
        shared.statistics.logFullFailures += 1
        shared.commitStart = nil
        return shared.isClosing
      }
      if isClosing { return core.giveUp() }
      _ = wake.wait(timeout: .now() + .milliseconds(limits.fullPauseMilliseconds))
      shared.withLock { $0.commitStart = .now }
      outcome = core.retry()
    }
    return outcome
  }

  private func keepUp(_ core: inout LogWriterCore, isIdle: Bool) {
    guard let first = core.keepUp(isIdle: isIdle, waitsForRoom: true) else { return }
    let outcome = whileFull(first, &core)
    shared.withLock { [pressure = core.pressure] shared in
      outcome.count(in: &shared.statistics)
      shared.pressure = pressure
      shared.statistics.isLogFull = false
      shared.commitStart = nil
    }
  }

  private func next(hasUpkeep: Bool) -> Next {
    shared.withLock { shared in
      guard !shared.pending.isEmpty else {
        if hasUpkeep, !shared.isClosing { return .upkeep }
        shared.isWriterWaiting = !shared.isClosing
        return shared.isClosing ? .end : .wait
      }
      var bytes = 0
      let end =
        shared.pending.firstIndex { request in
          defer { bytes += request.estimatedBytes }
          return bytes > limits.batchBytes
        } ?? shared.pending.endIndex
      if end == shared.pending.endIndex {
        let batch = shared.pending
        shared.pending = []
        return .batch(batch)
      }
      let batch = Array(shared.pending[..<end])
      shared.pending.removeSubrange(..<end)
      return .batch(batch)
    }
  }

  private static func estimate(_ write: LogWrite) -> Int {
    guard case .records(_, let records) = write.content else { return 64 }
    return records.reduce(64) { sum, record in
      if case .entry(let entry) = record { sum + entry.byteCount } else { sum }
    }
  }
}
