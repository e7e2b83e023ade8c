// Probes and load of the failover benchmark. Touches the network through the client.
internal import ActorCluster
internal import Distributed
internal import Foundation
internal import NodeStore
internal import Synchronization

struct FailoverLoad: Sendable {
  /// Unsynchronized clients of each partition, each with one command under way.
  static let probesPerPartition = 3
  private static let timeout = CallOptions(timeout: .seconds(20))

  let system: ClusterSystem
  let results: ProbeResults
  /// Since when times are counted.
  let origin: ContinuousClock.Instant
  private let isOver = OverFlag()

  init(system: ClusterSystem, results: ProbeResults, origin: ContinuousClock.Instant) {
    (self.system, self.results, self.origin) = (system, results, origin)
  }

  func end() { isOver.set() }

  /// Until the end: one command after another, with a pause of no fixed length between them.
  func probe(partition: Int, id: String) async -> ProbeCount {
    var count = ProbeCount(id: id)
    guard let actor = try? system.actor(BenchNote.self, id) else { return count }
    let text = BenchNote.text(bytes: CommitsBench.bytes)
    while !isOver.isSet {
      let sentAt = origin.seconds
      do {
        _ = try await ClusterSystem.$callOptions.withValue(Self.timeout) { try await actor.write(text) }
        count.acknowledged += 1
        let time = origin.seconds
        results.update { $0.acknowledged(partition: partition, sentAt: sentAt, at: time) }
      } catch {
        count.unknown += 1
      }
      try? await Task.sleep(for: .microseconds(Int.random(in: 0...8_000)))
    }
    return count
  }

  /// Until the end: so much work as a node has in life, of which nobody counts anything.
  func load(_ ids: [String], from start: Int) async {
    let text = BenchNote.text(bytes: CommitsBench.bytes)
    var turn = start
    while !isOver.isSet {
      _ = try? await ClusterSystem.$callOptions.withValue(Self.timeout) {
        try await system.actor(BenchNote.self, ids[turn % ids.count]).write(text)
      }
      turn += 1
      // Calls that fail at once must not keep the loop to themselves.
      try? await Task.sleep(for: .milliseconds(1))
    }
  }

  /// What is there now.
  func count(of id: String) async throws -> UInt64 {
    try await ClusterSystem.$callOptions.withValue(Self.timeout) {
      try await system.actor(BenchNote.self, id).count(Done())
    }
  }
}

private final class OverFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}
