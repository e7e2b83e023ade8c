// Fault hooks of the disk: they do nothing unless whoever opens the store passes some.

/// Where a test, or a node whose configuration allows chaos, makes the disk slow or makes it fail. Called on the thread
/// that writes or reads; may block, may throw.
package struct StoreFaults: Sendable {
  package typealias Hook = @Sendable () throws(StoreError) -> Void

  /// Before a batch of the log is committed. What it throws is what the commit fails with.
  package var beforeLogCommit: Hook
  /// After a batch of the log is on stable storage, before anybody is told.
  package var afterLogCommit: @Sendable () -> Void
  /// Before a checkpoint is committed to the state file.
  package var beforeCheckpointCommit: Hook
  /// Before actors are loaded from the state file, and before a snapshot of it is read.
  package var beforeRead: Hook
  /// Opens the log with `synchronous=NORMAL`: commits are acknowledged that a power loss takes. To show that a test notices.
  package var logWithoutSync = false

  package init(
    beforeLogCommit: @escaping Hook = { () throws(StoreError) in },
    afterLogCommit: @escaping @Sendable () -> Void = {},
    beforeCheckpointCommit: @escaping Hook = { () throws(StoreError) in },
    beforeRead: @escaping Hook = { () throws(StoreError) in }
  ) {
    self.beforeLogCommit = beforeLogCommit
    self.afterLogCommit = afterLogCommit
    self.beforeCheckpointCommit = beforeCheckpointCommit
    self.beforeRead = beforeRead
  }

  package static let none = StoreFaults()
}
