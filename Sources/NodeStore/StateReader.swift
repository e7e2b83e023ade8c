// The connection that actors are loaded through while checkpoints are written: read-only, on a queue of its own.
internal import Foundation
internal import GRDB
internal import Synchronization

/// Short reads only: a reader that stays pins the WAL, which then grows. It never checkpoints: that is the writer's.
final class StateReader: Sendable {
  private let path: String
  private let connection: DatabaseQueue
  private let beforeRead: StoreFaults.Hook
  private let queue = DispatchQueue(label: "state reader", qos: .userInitiated)
  private let isClosed = Mutex(false)

  /// Opens the file that the state writer has already made.
  init(path: String, files: any StoreFiles, beforeRead: @escaping StoreFaults.Hook) throws(StoreError) {
    self.path = path
    self.beforeRead = beforeRead
    let location = files.databasePath(path)
    connection = try StoreError.mapping(path) {
      var configuration = Configuration()
      configuration.label = "state reader"
      configuration.readonly = true
      configuration.busyMode = .timeout(5)
      return try DatabaseQueue(path: location, configuration: configuration)
    }
  }

  /// Runs a read of one moment, and hands its result on from this queue. What waits is bounded by the callers.
  func read<Value: Sendable>(
    _ completion: @escaping @Sendable (Result<Value, StoreError>) -> Void,
    _ work: @escaping @Sendable (ActorRowReader, Database) throws -> Value
  ) {
    queue.async { [self] in
      guard !isClosed.withLock({ $0 }) else { return completion(.failure(.closed)) }
      completion(
        Result { () throws(StoreError) in
          try beforeRead()
          return try StoreError.mapping(path) {
            try connection.read { try work(ActorRowReader(path: path), $0) }
          }
        })
    }
  }

  /// Finishes what waits. Must not be called from a completion.
  func close() {
    queue.sync {
      isClosed.withLock { $0 = true }
      try? connection.close()
    }
  }
}
