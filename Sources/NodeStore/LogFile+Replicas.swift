// The SQL of what the log file remembers: its own name, its replica ids and the node's peers.
internal import GRDB
internal import Raft

extension LogFile {
  /// Makes what is missing. Runs in a transaction of the caller's.
  /// - Parameter floor: not nil for files that may hold only replicas that leaders assign; their incarnations begin above it.
  static func prepareMemory(_ database: Database, _ meta: inout FileMeta, assignedAbove floor: UInt64?) throws
  {
    try database.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS replica(partition INTEGER PRIMARY KEY NOT NULL, id INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS peer(
          node TEXT PRIMARY KEY NOT NULL, store INTEGER NOT NULL, incarnation INTEGER NOT NULL,
          life INTEGER NOT NULL, reached INTEGER NOT NULL, superseded TEXT NOT NULL) WITHOUT ROWID;
        """)
    let name = String(UInt64.random(in: 1...UInt64(Int64.max)), radix: 16)
    try database.execute(
      sql: "INSERT INTO meta(key, value) VALUES('store', ?) ON CONFLICT DO NOTHING",
      arguments: [String(repeating: "0", count: 16 - name.count) + name])
    try prepareEpochs(database, holdsNothing: meta.isNew && floor != nil)
    guard meta.isNew, let floor else { return }
    try meta.setIncarnation(floor, database)
    // Replicas that leaders assign have no past, so there is nothing to confirm.
    try LogStanding.sound.write(database)
    try database.execute(
      sql: "INSERT INTO meta(key, value) VALUES('assigned', 'only') ON CONFLICT DO NOTHING")
  }

  /// - Parameter found: the last batch that the log has.
  func memory(found: UInt64) throws(StoreError) -> NodeMemory {
    try database.read { database in
      let name = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'store'") ?? ""
      guard let store = UInt64(name, radix: 16) else {
        throw StoreError.damaged(file: path, detail: "it does not say its own name")
      }
      var replicas: [PartitionID: ReplicaID] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT partition, id FROM replica") {
        let (partition, id) = try replica(in: row, of: path)
        replicas[partition] = id
      }
      let peers = try Row.fetchAll(
        database, sql: "SELECT node, store, incarnation, life, reached, superseded FROM peer ORDER BY node")
      return NodeMemory(
        store: store, life: UInt64.random(in: 1...UInt64(Int64.max)),
        topology: try FileMeta.values(database)["topology"] ?? "",
        isAssignedOnly: try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'assigned'")
          == "only",
        replicas: replicas, peers: try peers.map { try peer(in: $0) }, found: found,
        epochs: try Self.epochs(database, file: path))
    }
  }

  private func peer(in row: Row) throws -> RememberedPeer {
    let numbers = (1...4).compactMap { Int64.fromDatabaseValue(row[$0]) }.map(UInt64.init(bitPattern:))
    guard let node = String.fromDatabaseValue(row[0]), let superseded = String.fromDatabaseValue(row[5]),
      numbers.count == 4
    else {
      throw StoreError.damaged(file: path, detail: "it does not say what it remembers of a peer: \(row)")
    }
    return RememberedPeer(
      node: node, store: numbers[0], incarnation: numbers[1], life: numbers[2], reached: numbers[3],
      superseded: superseded.split(separator: ",").compactMap { UInt64($0, radix: 16) })
  }
}

/// The partition and replica id of a row that has them first.
func replica(in row: Row, of file: String) throws(StoreError) -> (PartitionID, ReplicaID) {
  guard let partition = Int64.fromDatabaseValue(row[0]).flatMap({ UInt32(exactly: $0) }),
    let id = Int64.fromDatabaseValue(row[1]).flatMap({ UInt64(exactly: $0) })
  else {
    throw .damaged(file: file, detail: "a replica with the partition or id of \(row)")
  }
  return (PartitionID(rawValue: partition), ReplicaID(rawValue: id))
}

extension LogRow {
  /// Runs in a transaction of the caller's.
  func write(_ database: Database) throws {
    switch self {
    case .replica(let partition, let id):
      try database.execute(
        sql: "INSERT INTO replica(partition, id) VALUES(?, ?) ON CONFLICT DO UPDATE SET id = excluded.id",
        arguments: [Int64(partition.rawValue), try StateFile.integer(id.rawValue)])
    case .peer(let peer):
      try database.execute(
        sql: """
          INSERT INTO peer(node, store, incarnation, life, reached, superseded) VALUES(?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET store = excluded.store, incarnation = excluded.incarnation,
            life = excluded.life, reached = excluded.reached, superseded = excluded.superseded
          """,
        arguments: [
          peer.node, Int64(bitPattern: peer.store), Int64(bitPattern: peer.incarnation),
          Int64(bitPattern: peer.life), Int64(bitPattern: peer.reached),
          peer.superseded.map { String($0, radix: 16) }.joined(separator: ","),
        ])
    case .epochs(let epochs):
      try LogFile.write(epochs, database)
    }
  }
}
