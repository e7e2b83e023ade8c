// The backups of this node as the API shows them: the one that is being made, or the last one.
public import NodeStore
internal import Synchronization

/// `GET /v1/node/backup`
package struct BackupJSON: Codable, Equatable, Sendable {
  package enum State: String, Codable, Sendable {
    /// There was none since the node was started.
    case none, running, done, failed
  }

  package var state: State = .none
  /// On the node's machine.
  package var path: String?
  package var pages = 0
  package var totalPages = 0
  /// Why it failed.
  package var problem: String?
  /// What it holds, when it is done.
  package var backup: BackupDescription?

  package init() {}
}

/// Begins backups and remembers the last one.
public final class NodeBackups: Sendable {
  private let store: NodeStore
  private let current = Mutex(BackupJSON())

  public init(store: NodeStore) {
    self.store = store
  }

  var status: BackupJSON { current.withLock { $0 } }

  /// - Returns: nil while another one is being made.
  func begin(name: String) throws(StoreError) -> BackupJSON? {
    let path = try store.backupPath(named: name)
    let begun = current.withLock { current -> BackupJSON? in
      guard current.state != .running else { return nil }
      current = BackupJSON()
      current.state = .running
      current.path = path
      return current
    }
    guard let begun else { return nil }
    store.backup(
      to: path,
      progress: { [self] pages, total in
        current.withLock { ($0.pages, $0.totalPages) = (pages, total) }
      },
      completion: { [self] result in
        current.withLock { current in
          switch result {
          case .success(let description): (current.state, current.backup) = (.done, description)
          case .failure(let error): (current.state, current.problem) = (.failed, "\(error)")
          }
        }
      })
    return begun
  }
}
