// Whether a transport may be started. Touches nothing.

internal import Synchronization

/// A transport starts once, and never after its stop.
final class Lifecycle: Sendable {
  private let mayStart = Mutex(true)

  /// True for the first caller, unless `end` came before.
  func begin() -> Bool {
    mayStart.withLock { allowed in
      defer { allowed = false }
      return allowed
    }
  }

  func end() { mayStart.withLock { $0 = false } }
}
