// Backups of a running node, as everything above the store sees them.

extension NodeStore {
  /// Where a backup that has only a name goes: into `backups` in the data directory, which is made here.
  /// - Parameter name: ASCII letters, digits, `.`, `_` and `-`, not beginning with a dot, at most 100 of them. `.db` is added.
  public func backupPath(named name: String) throws(StoreError) -> String {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isPlain, !name.isEmpty, name.utf8.count <= 100, !name.hasPrefix(".") else {
      throw .backupRefused(
        detail:
          "\"\(name)\" is no name for it: use 1 to 100 ASCII letters, digits, dots, underscores and hyphens, "
          + "and no dot at the beginning")
    }
    let files = RealFiles()
    let directory = directory.path + "/backups"
    try files.prepareDirectory(directory)
    return directory + "/" + (name.hasSuffix(".db") ? name : name + ".db")
  }

  /// Copies the state file into one file that can be moved elsewhere and restored: see `StoreRestore`. Checkpoints and loads
  /// go on meanwhile; the copy is what one moment near its end left. It holds committed entries up to each partition's last
  /// checkpoint, and no log. Customers' data is in it, as it is in the data directory: the file is its owner's alone.
  ///
  /// - Parameters:
  ///   - path: of a file that does not exist yet, in a directory that does.
  ///   - progress: pages copied and pages in all, after each step; on the state writer's queue.
  ///   - completion: what the backup holds, once it is on stable storage. `.backupRefused` while another one is made, and when
  ///     the file is there already; `.diskFull` before anything is written when there is no room; `.damaged` when a row is not
  ///     what was written. After a failure the file is not there.
  public func backup(
    to path: String,
    progress: @escaping @Sendable (_ pages: Int, _ total: Int) -> Void = { _, _ in },
    completion: @escaping @Sendable (Result<BackupDescription, StoreError>) -> Void
  ) {
    state.backup(BackupJob(to: path, files: RealFiles(), progress: progress, completion: completion))
  }
}
