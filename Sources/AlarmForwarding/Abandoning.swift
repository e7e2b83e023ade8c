// Waiting for work that may not end when it is asked to. Touches nothing but tasks.
internal import Synchronization

/// One of two ends; whoever comes first decides.
private final class Race<Value: Sendable>: Sendable {
  private enum State: Sendable {
    case open
    case waiting(CheckedContinuation<Value?, Never>)
    case over(Value?)
  }

  private let state = Mutex(State.open)

  func finish(_ value: Value?) {
    let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
      switch state {
      case .open:
        state = .over(value)
        return nil
      case .waiting(let waiter):
        state = .over(value)
        return waiter
      case .over:
        return nil
      }
    }
    waiter?.resume(returning: value)
  }

  var value: Value? {
    get async {
      await withCheckedContinuation { continuation in
        let value = state.withLock { state -> Value?? in
          if case .over(let value) = state { return .some(value) }
          state = .waiting(continuation)
          return nil
        }
        if let value { continuation.resume(returning: value) }
      }
    }
  }
}

/// What the work returns; nil when it was cancelled and did not end at once, or was not over in time: it is left to itself then.
/// - Parameter limit: without one this waits until it is cancelled; with one the task's cancellation does not matter.
func withoutWaiting<Value: Sendable>(
  for work: @escaping @Sendable () async -> Value, atMost limit: Duration? = nil
) async -> Value? {
  let race = Race<Value>()
  let task = Task { race.finish(await work()) }
  guard let limit else {
    return await withTaskCancellationHandler {
      await race.value
    } onCancel: {
      task.cancel()
      race.finish(nil)
    }
  }
  let timer = Task {
    try? await Task.sleep(for: limit)
    race.finish(nil)
  }
  defer { timer.cancel() }
  return await race.value
}
