// Runs tasks on an event loop: a shell.
internal import DequeModule
internal import NIOConcurrencyHelpers
internal import NIOCore

/// For tasks that call actors: with this preference (`withTaskExecutorPreference`, `addTask(executorPreference:)`) a call and its
/// answer change threads nowhere. On the default pool each call costs two changes. Work done here delays the links and actors of
/// the same loop: it must not block.
public final class LoopTaskExecutor: TaskExecutor {
  private struct State: Sendable {
    var jobs: Deque<UnownedJob> = []
    var isScheduled = false
  }

  private let loop: any EventLoop
  private let state = NIOLockedValueBox(State())

  init(_ loop: any EventLoop) {
    self.loop = loop
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustSchedule = state.withLockedValue { state in
      state.jobs.append(job)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if mustSchedule { loop.execute { self.run() } }
  }

  /// What is there now; what these jobs enqueue comes after the loop's other work.
  private func run() {
    let executor = asUnownedTaskExecutor()
    var jobs = state.withLockedValue { state -> Deque<UnownedJob> in
      defer { state.jobs = [] }
      return state.jobs
    }
    while let job = jobs.popFirst() { job.runSynchronously(on: executor) }
    let mustContinue = state.withLockedValue { state in
      state.isScheduled = !state.jobs.isEmpty
      return state.isScheduled
    }
    if mustContinue { loop.execute { self.run() } }
  }
}
