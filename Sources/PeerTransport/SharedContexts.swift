// The TLS contexts that new connections use, replaced when certificates are reloaded.

internal import Synchronization

/// Read by the event loop for each connection, replaced by whoever reloads. Connections that exist keep
/// theirs.
final class SharedContexts: Sendable {
  private let state: Mutex<TLSContexts>

  init(_ contexts: TLSContexts) { state = Mutex(contexts) }

  var current: TLSContexts {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
