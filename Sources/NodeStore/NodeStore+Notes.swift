// Small files beside the databases that others keep in the data directory.

extension NodeStore {
  /// A file of that name in the data directory.
  package func notePath(_ name: String) -> String { "\(directory.path)/\(name)" }

  /// What a note says; nil when there is none.
  package func note(_ name: String) throws(StoreError) -> [UInt8]? {
    try directory.files.contents(of: notePath(name))
  }

  /// Replaces a note, durably: a crash leaves the one before or this one.
  package func write(note name: String, _ bytes: [UInt8]) throws(StoreError) {
    let draft = notePath(name) + ".new"
    try directory.files.write(bytes, to: draft)
    try directory.files.rename(draft, to: notePath(name))
    try directory.sync()
  }

  /// Another one for each start of the machine; empty if nobody knows.
  package var bootID: String { directory.files.bootID }
}
