// The TLS contexts that new connections use, replaced when certificates are reloaded.

internal import RevocationList
internal import Synchronization

/// Read by the event loop for each connection, replaced by whoever reloads. Connections that exist keep
/// theirs.
final class SharedContexts: Sendable {
  private struct State {
    var contexts: TLSContexts
    /// Why what is on the disk now is not in use.
    var failure: TransportError?
  }

  private let state: Mutex<State>

  init(_ contexts: TLSContexts) { state = Mutex(State(contexts: contexts)) }

  var current: TLSContexts { state.withLock { $0.contexts } }

  var status: CertificateStatus {
    state.withLock { state in
      var status = state.contexts.status
      status.failure = state.failure
      return status
    }
  }

  /// - Throws: ``TransportError/revocationListInvalid(path:detail:)`` for a list that is older than the one in use, or that
  ///   lacks that of an authority which is trusted still: whoever can put an old file back must not bring a revoked
  ///   certificate back.
  func replace(with fresh: TLSContexts) throws(TransportError) {
    let problem = state.withLock { state -> String? in
      for old in state.contexts.lists {
        if let problem = fresh.problem(insteadOf: old) { return problem }
      }
      state = State(contexts: fresh)
      return nil
    }
    guard let problem else { return }
    let path = fresh.status.dates.first { $0.file == .revocationList }?.path
    throw .revocationListInvalid(path: path ?? "the revocation list", detail: problem)
  }

  func failed(_ error: TransportError) { state.withLock { $0.failure = error } }
}

extension TLSContexts {
  fileprivate func problem(insteadOf old: RevocationList) -> String? {
    guard old.problem(signedByAnyOf: authorities) == nil else { return nil }
    guard let number = lists.filter({ $0.isOfSameAuthority(as: old) }).map(\.number).max() else {
      return "it lacks the list of an authority that is trusted, of which number \(old.number) is in use"
    }
    guard number < old.number else { return nil }
    return "its number is \(number), and number \(old.number) is in use: it is an old copy"
  }
}
