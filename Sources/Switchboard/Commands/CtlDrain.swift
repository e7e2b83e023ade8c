// `switchboard ctl drain`, `undrain` and `transfer`: planned moves of leaderships. Touches the network, and the token file.
internal import ActorCluster
internal import ArgumentParser
internal import Foundation
package import Gateway
internal import NIOCore
internal import NIOHTTP1
internal import NodeStore
internal import PeerTransport

/// Which node a command is for: by its name, which any node knows, or by its address.
struct TargetOptions: ParsableArguments {
  @OptionGroup var question: QuestionOptions

  @Argument(help: "The node's name. [the node at the first address]")
  var name: String?

  func request() async throws -> NodeRequest {
    let token = try question.token()
    guard let name else { return NodeRequest(base: question.addresses[0], token: token) }
    let report = try await question.ask("/v1/cluster", as: ClusterReport.self).report
    return NodeRequest(base: try report.address(of: name), token: token)
  }
}

extension ClusterReport {
  /// - Throws: in words when there is no such node, or its address is not known.
  func address(of name: String) throws -> String {
    guard let node = nodes.first(where: { $0.name == name }) else {
      throw ExitStatus.configuration.because(
        "there is no node '\(name)'; the nodes are \(nodes.map(\.name).joined(separator: ", "))")
    }
    guard let api = node.api else {
      throw ExitStatus.failed.because(
        "\(self.node) does not know the address of \(name): give it with --node")
    }
    return api
  }
}

struct CtlDrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Take a node out of service, and wait until it may be stopped.",
    discussion: """
      The node hands its leaderships to nodes that are caught up, takes none, is not ready any more for load balancers, and \
      ends its event streams, whose readers resume elsewhere. It goes on answering. Refused where the others would have no \
      majority without it. Exit codes: 0 it may be stopped; 1 it was refused, did not come about in time, or the others have no \
      majority without it; 2 no usable token or address was given.
      """)

  @OptionGroup var target: TargetOptions

  @Flag(help: "Also where the other nodes have no majority without it.")
  var force = false

  @Option(help: "Seconds until it is given up; the node stays out of service.")
  var timeout = 60

  mutating func run() async throws {
    let node = try await target.request()
    do {
      var drain = try await node.send(
        .POST, "/v1/node/drain", body: force ? #"{"force": true}"# : "{}", as: DrainJSON.self)
      let deadline = ContinuousClock.now + .seconds(timeout)
      var said = ""
      while !drain.safeToStop {
        let words = DrainWords.progress(drain)
        if words != said { print(words) }
        said = words
        // Nobody waits for those without whom it was wanted.
        if force, drain.state == .drained { throw ExitStatus.failed.because(DrainWords.unsafe(drain)) }
        if let obstacle = drain.obstacle {
          throw ExitStatus.failed.because(
            "\(drain.node) cannot be drained: \(obstacle). Bring another node back, or put this one back into service with "
              + "switchboard ctl undrain")
        }
        guard ContinuousClock.now < deadline else {
          throw ExitStatus.failed.because(DrainWords.late(drain, seconds: timeout))
        }
        try await Task.sleep(for: .milliseconds(100))
        drain = try await node.send(.GET, "/v1/node/drain", as: DrainJSON.self)
      }
      print("\(drain.node) leads nothing any more: safe to stop")
    } catch let failure as NodeRequest.Failure {
      throw ExitStatus.failed.because(failure.words)
    }
  }
}

struct CtlUndrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undrain", abstract: "Put a drained node back into service.",
    discussion: "It is given leaderships again, one after the other. A node that is started is in service.")

  @OptionGroup var target: TargetOptions

  mutating func run() async throws {
    let node = try await target.request()
    do throws(NodeRequest.Failure) {
      let drain = try await node.send(.DELETE, "/v1/node/drain", as: DrainJSON.self)
      print("\(drain.node) is in service")
    } catch {
      throw ExitStatus.failed.because(error.words)
    }
  }
}

struct CtlTransfer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer", abstract: "Hand the leadership of a partition to another node.",
    discussion: """
      Commands that come meanwhile wait some milliseconds; none is refused. Leaders are spread over the nodes by themselves: \
      they leave this one where it is for ten minutes.
      """)

  @OptionGroup var question: QuestionOptions

  @Argument(help: "The partition's number.")
  var partition: UInt32

  @Argument(help: "The node that is to lead it.")
  var node: String

  mutating func run() async throws {
    let token = try question.token()
    let report = try await question.ask("/v1/cluster", as: ClusterReport.self).report
    guard let status = report.partitions.first(where: { $0.partition.rawValue == partition }) else {
      throw ExitStatus.configuration.because(
        "there is no partition \(partition); there are \(report.partitions.count)")
    }
    guard let leader = status.leader else {
      throw ExitStatus.failed.because("partition \(partition) has no known leader at the moment")
    }
    let request = NodeRequest(base: try report.address(of: leader.rawValue), token: token)
    do throws(NodeRequest.Failure) {
      let done = try await request.send(
        .POST, "/v1/node/transfer", body: #"{"partition": \#(partition), "to": "\#(node)"}"#,
        as: TransferJSON.self)
      print("partition \(partition): \(leader) -> \(done.leader) in \(done.milliseconds.text(1)) ms")
    } catch {
      throw ExitStatus.failed.because(error.words)
    }
  }
}

/// What is said while a node is drained. Pure.
package enum DrainWords {
  package static func progress(_ drain: DrainJSON) -> String {
    if drain.state == .drained { return unsafe(drain) }
    guard !drain.leads.isEmpty else { return "\(drain.node) leads nothing any more; its last callers move" }
    let numbers = drain.leads.map(String.init).joined(separator: ", ")
    return
      "\(drain.node) leads \(drain.leads.count) partition\(drain.leads.count == 1 ? "" : "s") still: \(numbers)"
  }

  /// Of one that leads nothing, and may not be stopped all the same.
  package static func unsafe(_ drain: DrainJSON) -> String {
    "\(drain.node) leads nothing any more, but do not stop it yet: \(drain.warning ?? "it does not say that it is safe")"
  }

  /// What is said when the time is over.
  package static func late(_ drain: DrainJSON, seconds: Int) -> String {
    drain.state == .drained
      ? "\(unsafe(drain)). It stays out of service"
      : "\(drain.node) was not drained within \(seconds) s. It goes on; ask again, or see its log"
  }
}
