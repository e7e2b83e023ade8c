// The faults of the failover benchmark. Touches processes and devices.
internal import ArgumentParser
internal import Foundation

enum FailoverFault: String, CaseIterable, ExpressibleByArgument, Sendable {
  case kill
  case pause
  case cut

  var words: String {
    switch self {
    case .kill: "SIGKILL"
    case .pause: "SIGSTOP until taken over"
    case .cut: "its network cut until taken over"
    }
  }

  func begin(_ node: String, _ nodes: BenchNodes, _ network: BenchNetwork?) async throws {
    switch self {
    case .kill: await nodes.signal(node, SIGKILL)
    case .pause: await nodes.signal(node, SIGSTOP)
    case .cut: try network?.cut(node)
    }
  }

  func end(_ node: String, _ nodes: BenchNodes, _ network: BenchNetwork?) async throws {
    switch self {
    case .kill:
      try await nodes.waitUntilEnded(node)
      try await nodes.start(node)
      try await nodes.waitUntilUp(node)
    case .pause: await nodes.signal(node, SIGCONT)
    case .cut: try network?.heal(node)
    }
  }
}
