// The data directories of nodes that join a cluster that is there, and of those that were removed from it. Touches files.
internal import Foundation

extension NodeStore {
  /// Has the next `open` of a directory without a store make one that holds only replicas that leaders assign, as every node
  /// needs that joins a cluster: it has no past there. Nothing happens to a directory that has a store.
  package static func prepareToJoin(directory path: String) throws(StoreError) {
    let directory = DataDirectory(path: path, files: RealFiles())
    try directory.files.prepareDirectory(path)
    guard try directory.files.size(of: directory.logFile) == 0,
      try directory.files.contents(of: directory.assignedMarker) == nil
    else { return }
    // A node of this name may have been here before, with other files: peers refuse a lower incarnation.
    let seconds = UInt64(max(0, Date().timeIntervalSince1970))
    try directory.files.write(Array(String(seconds).utf8), to: directory.assignedMarker)
    try directory.sync()
  }

  /// Why this directory must not be used any more: its node was removed from the cluster. Nil for others.
  package static func removal(directory path: String) throws(StoreError) -> String? {
    let directory = DataDirectory(path: path, files: RealFiles())
    return try directory.files.contents(of: directory.removedMarker).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// Leaves a note for `removal`, durably.
  package func markRemoved(_ words: String) throws(StoreError) {
    try directory.files.write(Array(words.utf8), to: directory.removedMarker)
    try directory.sync()
  }
}

extension DataDirectory {
  fileprivate var removedMarker: String { path + "/removed" }
}
