// Many leaderships handed over under load, and how long commands waited: `switchboard demo --transfer-runs`. Touches the network
// through `DemoAPI`.
internal import ActorCluster
internal import Foundation
internal import Gateway
internal import Synchronization

/// What commands met with while leaderships moved. Pure.
package struct TransferBoard: Equatable, Sendable {
  package struct Command: Equatable, Sendable {
    package var partition: Int
    package var sentAt: Double
    package var doneAt: Double

    package init(partition: Int, sentAt: Double, doneAt: Double) {
      self.partition = partition
      self.sentAt = sentAt
      self.doneAt = doneAt
    }
  }

  package private(set) var refusals: [String] = []
  private var commands: [Command] = []

  package init() {}

  package mutating func done(_ command: Command) { commands.append(command) }
  package mutating func refused(_ words: String) { refusals.append(words) }

  /// Seconds that the slowest command to the partition took of those that were under way between two times; nil when none was.
  package func slowest(_ partition: Int, from start: Double, to end: Double) -> Double? {
    commands.lazy.filter { $0.partition == partition && $0.sentAt <= end && $0.doneAt >= start }
      .map { $0.doneAt - $0.sentAt }.max()
  }

  /// All commands of a quiet time, in seconds.
  package var all: [Double] { commands.map { $0.doneAt - $0.sentAt } }

  package mutating func forget() { commands = [] }
}

/// The shared board of all callers.
final class TransferResults: Sendable {
  private let board = Mutex(TransferBoard())

  func withLock<Result>(_ body: (inout TransferBoard) -> Result) -> Result { board.withLock { body(&$0) } }
}

struct TransferSeries: Sendable {
  let api: DemoAPI
  let progress: Progress

  private static let partitions = ClusterFiles.partitions

  /// - Returns: whether every transfer was done and no command refused.
  func run(_ count: Int) async throws -> Bool {
    let clock = DemoClock(speed: 1, lead: 0)
    let board = TransferResults()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      for partition in 0..<Int(Self.partitions) {
        group.addTask { await call(partition, clock, board) }
      }
      // Leaderships have gone to where they belong.
      try await Task.sleep(for: .seconds(6))
      let quiet = Percentiles(board.withLock { $0.all }.map { $0 * 1_000 })
      var moves: [Double] = []
      var waits: [Double] = []
      var failures: [String] = []
      for number in 0..<count {
        board.withLock { $0.forget() }
        let partition = number % Int(Self.partitions)
        let start = clock.now
        switch await hand(partition) {
        case .success(let milliseconds): moves.append(milliseconds)
        case .failure(let failure): failures.append("partition \(partition): \(failure.words)")
        }
        let end = clock.now
        try await Task.sleep(for: .milliseconds(150))
        if let slowest = board.withLock({ $0.slowest(partition, from: start, to: end) }) {
          waits.append(slowest * 1_000)
        }
      }
      let refusals = board.withLock { $0.refusals }
      let (handed, waited) = (Percentiles(moves), Percentiles(waits))
      progress.say(
        """
        \(handed.count) leaderships handed over under load, one command at a time to each of \(Self.partitions) partitions:
          until the new leader is known     p50 \(text(handed(50)))   p99 \(text(handed(99)))   max \(text(handed.max)) ms
          slowest command meanwhile, HTTP   p50 \(text(waited(50)))   p99 \(text(waited(99)))   max \(text(waited.max)) ms
          commands in quiet time, HTTP      p50 \(text(quiet(50)))   p99 \(text(quiet(99)))   max \(text(quiet.max)) ms
          refused, before any retry         \(refusals.count)
        """)
      (failures + refusals.prefix(10)).forEach { progress.say("  - \($0)") }
      return failures.isEmpty && refusals.isEmpty && handed.count == count
    }
  }

  private func text(_ milliseconds: Double?) -> String { milliseconds.map { $0.text(1) } ?? "-" }

  /// Hands a partition to the node after its leader.
  private func hand(_ partition: Int) async -> Result<Double, DemoAPI.AttemptFailure> {
    guard let leader = await api.cluster()?.partitions.first(where: { $0.partition == partition })?.leader,
      let position = api.nodes.firstIndex(where: { $0.name == leader })
    else { return .failure(.init(words: "it has no known leader")) }
    let target = api.nodes[(position + 1) % api.nodes.count].name
    let request = DemoRequest.command(
      "POST", "/v1/node/transfer", key: "transfer-\(partition)-\(target)",
      Order(partition: partition, to: target))
    switch await api.attempt(request, at: api.nodes[position]) {
    case .failure(let failure): return .failure(failure)
    case .success((200, let body)):
      guard let done = try? JSONDecoder().decode(TransferJSON.self, from: body) else {
        return .failure(.init(words: "an answer that is none"))
      }
      return .success(done.milliseconds)
    case .success((let status, let body)):
      return .failure(.init(words: "\(status) \(String(decoding: body.prefix(300), as: UTF8.self))"))
    }
  }

  private struct Order: Encodable {
    var partition: Int
    var to: String
  }

  /// One command at a time, each sent once, at any node.
  private func call(_ partition: Int, _ clock: DemoClock, _ board: TransferResults) async {
    let path = "/v1/queues/" + Prober.queue(in: partition, of: Self.partitions)
    var number = 0
    while !Task.isCancelled {
      number += 1
      let sentAt = clock.now
      let request = DemoRequest.command(
        "PUT", path, key: "transfer-\(partition)-\(number)", QueueConfiguration(limit: 10_000))
      switch await api.attempt(request, at: api.nodes[api.randomNode()]) {
      case .success((200..<300, _)):
        let done = TransferBoard.Command(partition: partition, sentAt: sentAt, doneAt: clock.now)
        board.withLock { $0.done(done) }
      case .success((let status, let body)):
        board.withLock { $0.refused("\(status) \(String(decoding: body.prefix(200), as: UTF8.self))") }
      case .failure(let failure):
        guard !Task.isCancelled else { return }
        board.withLock { $0.refused(failure.words) }
      }
      try? await Task.sleep(for: .milliseconds(3))
    }
  }
}
