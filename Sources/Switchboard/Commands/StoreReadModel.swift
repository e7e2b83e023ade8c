// What the gateway lists, out of the node's read models. Reads the state file, on threads that may block.
internal import ContactCenter
internal import Gateway
internal import NIOPosix
internal import NodeStore

/// Lists queues and agents from a node's own state file, which is behind by at most one checkpoint.
struct StoreReadModel: ReadModelReading {
  /// The node's data directory.
  let directory: String

  func queueIDs() async throws -> [String] { try await rows("work_queue").map(\.key) }

  func agents(limit: Int) async throws -> [AgentRow] {
    try await rows("agent").prefix(limit).map { row in
      AgentRow(
        id: row.key, state: row.text("state") ?? "", reason: row.text("reason"), slots: row.integer("slots"),
        capacity: row.text("capacity") ?? "", misses: row.integer("misses"))
    }
  }

  private func rows(_ name: String) async throws -> [ReadModelRow] {
    guard let table = ReadModels.tables.first(where: { $0.name == name }) else { return [] }
    return try await NIOThreadPool.singleton.runIfActive { [directory] in
      try NodeStore.readModelRows(directory: directory, table: table)
    }
  }
}

extension ReadModelRow {
  fileprivate func text(_ column: String) -> String? {
    if case .text(let text) = columns[column] { text } else { nil }
  }

  fileprivate func integer(_ column: String) -> Int {
    if case .integer(let number) = columns[column] { Int(number) } else { 0 }
  }
}
