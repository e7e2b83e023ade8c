// Runs tasks on an event loop: a shell.
internal import DequeModule
internal import NIOCore
internal import Synchronization

/// For tasks that call actors: with this preference (`withTaskExecutorPreference`, `addTask(executorPreference:)`) a call and its
/// answer change threads nowhere. On the default pool each call costs two changes. Work done here delays the links and actors of
/// the same loop: it must not block.
public final class LoopTaskExecutor: TaskExecutor {
  private struct State: Sendable {
    var jobs: Deque<UnownedJob> = []
    var isScheduled = false
    /// Slices since the loop last looked at its sockets.
    var slices = 0
  }

  private let loop: any EventLoop
  private let state = Mutex(State())

  init(_ loop: any EventLoop) {
    self.loop = loop
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustSchedule = state.withLock { state in
      state.jobs.append(job)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if mustSchedule { loop.execute { self.run() } }
  }

  /// Some of what is there; the rest, and what these jobs enqueue, after the loop's other work. Between two slices what was sent
  /// goes out, so that the other side has something to do meanwhile.
  private func run() {
    let executor = asUnownedTaskExecutor()
    withUnsafeTemporaryAllocation(of: UnownedJob.self, capacity: Self.slice) { slice in
      let count = state.withLock { state in
        let count = min(slice.count, state.jobs.count)
        for index in 0..<count { slice.initializeElement(at: index, to: state.jobs.removeFirst()) }
        return count
      }
      for job in slice[..<count] { job.runSynchronously(on: executor) }
    }
    let next = state.withLock { state -> Next in
      state.isScheduled = !state.jobs.isEmpty
      state.slices = state.isScheduled ? (state.slices + 1) % Self.slicesPerTurn : 0
      return state.isScheduled ? (state.slices == 0 ? .afterSockets : .inThisTurn) : .idle
    }
    switch next {
    case .idle: break
    case .inThisTurn: loop.execute { self.run() }
    // A loop runs all that is executed before it looks at its sockets; what is scheduled waits for that.
    case .afterSockets: loop.scheduleTask(in: .microseconds(20)) { self.run() }
    }
  }

  private enum Next { case idle, inThisTurn, afterSockets }

  private static let slice = 32
  private static let slicesPerTurn = 64
}
