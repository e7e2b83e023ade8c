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
    for _ in 0..<Self.slice {
      guard let job = state.withLock({ $0.jobs.popFirst() }) else { break }
      job.runSynchronously(on: executor)
    }
    let mustContinue = state.withLock { state in
      state.isScheduled = !state.jobs.isEmpty
      return state.isScheduled
    }
    if mustContinue { loop.execute { self.run() } }
  }

  private static let slice = 32
}
