// A backup as jobs of the state file's queue: one step, then whatever else waits, then the next.
internal import Dispatch
internal import Synchronization

/// A backup on its way. Its jobs follow each other, so that nobody waits for the lock.
final class BackupJob: Sendable {
  typealias Progress = @Sendable (_ pages: Int, _ total: Int) -> Void
  typealias Completion = @Sendable (Result<BackupDescription, StoreError>) -> Void

  let path: String
  let progress: Progress
  let completion: Completion
  private let files: any StoreFiles
  private let copy: Mutex<BackupCopy?>

  private var partial: String { path + ".partial" }

  init(
    to path: String, files: any StoreFiles, progress: @escaping Progress, completion: @escaping Completion
  ) {
    self.path = path
    self.files = files
    self.progress = progress
    self.completion = completion
    copy = Mutex(nil)
  }

  func begin(_ source: StateFile) throws(StoreError) {
    guard try files.size(of: path) == 0 else {
      throw .backupRefused(detail: "\(path) is there already; choose another name, or move it away")
    }
    try files.checkRoom(for: try files.size(of: source.path), in: path)
    // What a process that was killed has left.
    removePartial()
    // For its owner alone, from the beginning.
    try files.write([], to: partial)
    try copy.withLock { copy throws(StoreError) in
      copy = try BackupCopy(of: source.database, to: partial, files: files)
    }
  }

  /// - Returns: whether that was the last one.
  func step() throws(StoreError) -> Bool {
    let done = try copy.withLock { copy throws(StoreError) in try copy?.step() }
    guard let done else { return true }
    progress(done.pages, done.total)
    return done.isDone
  }

  /// Off the queue: it reads the whole copy.
  func finish() {
    let result = Result { () throws(StoreError) in
      guard let description = try copy.withLock({ copy throws(StoreError) in try copy?.finish() }) else {
        throw StoreError.closed
      }
      try files.sync(partial)
      try files.rename(partial, to: path)
      try files.syncDirectory(Self.directory(of: path))
      return description
    }
    if case .failure = result { removePartial() }
    completion(result)
  }

  func fail(_ error: StoreError) {
    copy.withLock { copy in
      try? copy?.end()
      copy?.close()
      copy = nil
    }
    removePartial()
    completion(.failure(error))
  }

  private func removePartial() {
    for suffix in ["", "-wal", "-shm", "-journal"] { try? files.remove(partial + suffix) }
  }

  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}

extension StateWriter {
  /// Between two steps: the disk is the node's, not the backup's.
  private static let pause: DispatchTimeInterval = .milliseconds(5)

  func backup(_ job: BackupJob) {
    enqueue { [self] isOpen in
      guard isOpen else { return job.completion(.failure(.closed)) }
      guard takeBackupTurn(job) else {
        return job.completion(
          .failure(.backupRefused(detail: "another one is being made; wait until it is done")))
      }
      do throws(StoreError) {
        try job.begin(file)
        step(job)
      } catch {
        give(error, to: job)
      }
    }
  }

  private func step(_ job: BackupJob) {
    do throws(StoreError) {
      guard try job.step() else {
        return DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + Self.pause) { [self] in
          // After `close` the job has been failed already.
          enqueue { [self] isOpen in if isOpen { step(job) } }
        }
      }
      releaseConnection()
      DispatchQueue.global(qos: .utility).async { [self] in
        job.finish()
        endBackupTurn()
      }
    } catch {
      give(error, to: job)
    }
  }

  private func give(_ error: StoreError, to job: BackupJob) {
    endBackupTurn()
    job.fail(error)
  }
}
