// How a node of a cluster comes to its files: those that cannot be trusted are set aside, and new ones made.
internal import Foundation

/// What a start has to say about the data directory.
public enum StartNote: Equatable, Sendable, CustomStringConvertible {
  /// Something found at the start.
  case found(String)
  /// The files cannot be trusted, and were moved. For an alarm.
  case setAside(reason: String, path: String)

  public var description: String {
    switch self {
    case .found(let words): words
    case .setAside(let reason, let path):
      "the files of this node cannot be trusted: \(reason). They were moved to \(path). Nothing needs to be done to get the "
        + "node back: it rebuilds itself from the others on new files, under new replica ids. Check the disk"
    }
  }
}

extension NodeStore {
  /// Opens a data directory as `open` does. Files that an earlier run marked as suspect, or whose log is damaged, are set
  /// aside, and the node begins anew on empty ones in which it has only what leaders assign to it.
  ///
  /// - Parameters:
  ///   - isAlone: the node is the only one of its cluster, so that nobody could give it back what is set aside: then nothing
  ///     is, and the store says why it is suspect (`suspectedBecause`) or the error is thrown.
  ///   - beforeSettingAside: is given files that can still be read before they are set aside.
  ///   - report: called for each note, in order.
  /// - Throws: as `open`.
  package static func start(
    directory: String, identity: StoreIdentity, readModels: [ReadModelTable], isAlone: Bool,
    faults: StoreFaults = .none, beforeSettingAside: (NodeStore) -> Void = { _ in },
    report: (StartNote) -> Void
  ) throws(StoreError) -> NodeStore {
    do throws(StoreError) {
      let files = DataDirectory(path: directory, files: RealFiles())
      if !isAlone, let reason = files.suspicion(), try files.files.size(of: files.logFile) == 0 {
        // A crash while they were set aside has left the rest.
        report(.setAside(reason: reason, path: try setAside(directory: directory, above: 0)))
      }
      let store = try open(
        directory: directory, identity: identity, readModels: readModels, faults: faults)
      for note in store.openNotes { report(.found(note)) }
      guard let reason = store.suspectedBecause, !isAlone else { return store }
      let incarnation = store.incarnation
      beforeSettingAside(store)
      store.close()
      report(.setAside(reason: reason, path: try setAside(directory: directory, above: incarnation)))
    } catch {
      guard case .damaged(let file, let detail) = error else { throw error }
      let name = (file as NSString).lastPathComponent
      if name.hasPrefix("state.db") {
        // The next open sets it aside and says so.
        DataDirectory(path: directory, files: RealFiles()).markStateDamaged("\(error)")
        let store = try open(
          directory: directory, identity: identity, readModels: readModels, faults: faults)
        for note in store.openNotes { report(.found(note)) }
        return store
      }
      guard !isAlone, name.hasPrefix("log.db") else { throw error }
      let path = try setAside(directory: directory, above: 0)
      report(.setAside(reason: "\(file) is damaged: \(detail)", path: path))
    }
    return try open(
      directory: directory, identity: identity, readModels: readModels, faults: faults)
  }

  /// Moves the files into a folder of the directory, of which the last two are kept; the next open makes new ones that hold
  /// only replicas that leaders assign. A crash in the middle leaves what the next start sets aside again.
  ///
  /// - Parameter incarnation: the highest one known. The new files begin above it and above the seconds since 1970, because
  ///   peers refuse a lower one than they have seen, and who lost all files does not know which that is.
  /// - Returns: where the files are now.
  public static func setAside(directory path: String, above incarnation: UInt64) throws(StoreError) -> String
  {
    let directory = DataDirectory(path: path, files: RealFiles())
    try directory.files.prepareDirectory(path)
    let lock = try directory.files.lock(directory.lockFile)
    defer { withExtendedLifetime(lock) {} }
    let seconds = UInt64(max(0, Date().timeIntervalSince1970))
    return try SetAside.run(directory, above: max(incarnation, seconds))
  }
}
