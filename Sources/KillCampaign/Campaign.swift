// One campaign from the first process to the verdict: the order of things. Starts processes, sockets and tasks.
import ActorCluster
import ClusterTestKit
import Foundation
import Logging
import NIOCore
import NIOPosix
import PeerTransport

/// Runs a cluster of real processes, clients and a killer; then lets it heal, reads every key and checks the history.
package struct Campaign: Sendable {
  private static let names = ["north", "south", "west"]
  /// How many final reads at once.
  private static let readers = 16

  private let options: CampaignOptions
  private let cluster: LocalCluster
  private let say: @Sendable (String) -> Void

  /// Makes the cluster's directory, certificates and ports.
  /// - Parameter say: told what happens, for people.
  package init(_ options: CampaignOptions, say: @escaping @Sendable (String) -> Void = { _ in }) throws {
    self.options = options
    self.say = say
    cluster = try LocalCluster(makingIn: options.directory, nodes: Self.names)
  }

  /// - Throws: `CampaignError`, and errors of the file system and the transport: none of them says that a promise was
  ///   broken. What was found out about the cluster is in the report.
  package func run() async throws -> CampaignReport {
    let nodes = Nodes(cluster: cluster, executable: options.nodeExecutable)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    do {
      let report = try await run(nodes, group)
      await nodes.close()
      try await group.shutdownGracefully()
      return report
    } catch {
      await nodes.close()
      try? await group.shutdownGracefully()
      throw error
    }
  }

  private func run(_ nodes: Nodes, _ group: MultiThreadedEventLoopGroup) async throws -> CampaignReport {
    try await nodes.startAll()
    let first = try client(incarnation: 1, group)
    try await first.system.start()
    try await untilReady(first)
    say("the cluster is up: \(Self.names.joined(separator: ", ")) in \(options.directory)")

    let board = try CampaignBoard(options)
    try await work(first, nodes, board)
    board.finishWork()
    await first.system.stop()
    say("the kills are over; reading \(board.keyCount) keys")

    let second = try client(incarnation: 2, group)
    try await second.system.start()
    let unread = await finalReads(second, board)
    await second.system.stop()
    let counts = try board.finish()
    try counts.notes.joined(separator: "\n").write(
      toFile: "\(options.directory)/kills.txt", atomically: false, encoding: .utf8)
    let tally = await nodes.close()
    say("checking \(counts.keys.count) keys")
    let verdict = try CampaignCheck(options: options, counts: counts).run()
    return CampaignReport(
      options: options, counts: counts, verdict: verdict, kills: tally.kills, restarts: tally.restarts,
      crashes: tally.crashes, unread: unread)
  }

  /// Clients and killer, until the time is over and every client has ended its operation.
  private func work(_ client: RegisterClient, _ nodes: Nodes, _ board: CampaignBoard) async throws {
    let end = ContinuousClock.now + options.duration
    let schedule = KillSchedule(nodes: Self.names.count, seed: options.seed)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for number in 0..<options.clients {
        tasks.addTask {
          while let ticket = board.begin(client: number) {
            let end = await client.perform(ticket.call, on: ticket.keyName, deadline: ticket.deadline)
            let rest = board.end(ticket, end.outcome, surprise: end.surprise)
            if rest > 0 { try await Task.sleep(for: .milliseconds(rest)) }
          }
        }
      }
      // Never by cancellation: a call that is cancelled has an unknown outcome that no kill made.
      defer { board.close() }
      try await nodes.kill(by: schedule, every: options.killEvery, until: end, board: board)
      try await Task.sleep(until: end, clock: .continuous)
      board.close()
      try await tasks.waitForAll()
    }
  }

  /// Reads every key once.
  /// - Returns: what could not be read.
  private func finalReads(_ client: RegisterClient, _ board: CampaignBoard) async -> [String] {
    let keys = board.keyCount
    return await withTaskGroup(of: [String].self) { tasks in
      for reader in 0..<Self.readers {
        tasks.addTask {
          var unread: [String] = []
          for key in stride(from: reader, to: keys, by: Self.readers) {
            let ticket = board.beginFinalRead(of: key)
            let end = await client.perform(.read, on: ticket.keyName, deadline: ticket.deadline)
            if case .value(let value) = end.outcome {
              board.endFinalRead(ticket, value: value)
            } else {
              unread.append(
                "\(ticket.keyName): \(end.surprise ?? "no answer within \(CampaignBoard.finalDeadline)")")
            }
          }
          return unread
        }
      }
      return await tasks.reduce(into: []) { $0 += $1 }
    }
  }

  /// Until every partition answers.
  private func untilReady(_ client: RegisterClient) async throws {
    for probe in 0..<32 {
      let end = await client.perform(.read, on: "probe\(probe)", deadline: CampaignBoard.finalDeadline)
      guard case .value = end.outcome else {
        throw CampaignError.notReady(end.surprise ?? "no answer within \(CampaignBoard.finalDeadline)")
      }
    }
  }

  private func client(
    incarnation: UInt64, _ group: MultiThreadedEventLoopGroup
  ) throws -> RegisterClient {
    var logger = Logger(label: "client")
    logger.logLevel = .critical
    return RegisterClient(
      system: try ClusterSystem(
        configuration: cluster.clientConfiguration(NodeID(rawValue: "client"), incarnation: incarnation),
        types: DurableTypes([]), store: nil, group: group, logger: logger, onStoreFailure: { _ in }))
  }
}
