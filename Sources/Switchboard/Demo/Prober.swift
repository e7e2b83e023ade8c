// Sends cheap commands to one partition without pause, to see when it acknowledges again. Touches the network through `DemoAPI`.
internal import ActorCluster
internal import Foundation
internal import NodeStore
internal import Synchronization

/// The shared board of all probers of one drill.
final class ProbeResults: Sendable {
  private let board = Mutex(ProbeBoard())

  var current: ProbeBoard { board.withLock { $0 } }
  func update(_ body: (inout ProbeBoard) -> Void) { board.withLock { body(&$0) } }
}

/// One command in flight at a time, to a queue that nobody uses and whose name hashes to the partition.
struct Prober: Sendable {
  let partition: Int
  let run: String
  let clock: DemoClock
  let api: DemoAPI
  let results: ProbeResults

  /// The first `probe-N` whose queue lives in the partition.
  static func queue(in partition: Int, of partitions: UInt32) -> String {
    let placement = Placement(partitionCount: partitions)
    var number = 0
    while placement.partition(of: ActorKey(type: "queue", id: "probe-\(number)")).rawValue
      != UInt32(partition)
    {
      number += 1
    }
    return "probe-\(number)"
  }

  /// Runs until it is canceled.
  func run(partitions: UInt32) async {
    guard partition >= 0, UInt32(partition) < partitions else { return }
    let path = "/v1/queues/" + Self.queue(in: partition, of: partitions)
    let patience = DemoAPI.Patience(attemptMilliseconds: 400, nodeMilliseconds: 300, totalSeconds: 60)
    var number = 0
    while !Task.isCancelled {
      number += 1
      let sentAt = clock.now
      let request = DemoRequest.command(
        "PUT", path, key: "probe-\(run)-\(partition)-\(number)", QueueConfiguration(limit: 10_000))
      if case .done = await api.send(request, patience: patience) {
        let time = clock.now
        results.update { $0.acknowledged(partition: partition, sentAt: sentAt, at: time) }
      }
      try? await Task.sleep(for: .milliseconds(5))
    }
  }
}
