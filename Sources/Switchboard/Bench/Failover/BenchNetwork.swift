// A network namespace for each node of a benchmark, on a bridge of their own: so that a node's cable can be pulled. Touches the
// kernel's network devices through `ip`; needs root on Linux.
internal import Foundation

package struct BenchNetwork: Sendable {
  private static let tools = ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"]

  private let ip: String
  /// Names of devices and namespaces begin with it; devices have short names.
  private let prefix: String
  package let hosts: [String]

  /// - Throws: `BenchFailure` with words where it cannot be done here; then nothing of it is left.
  package static func make() throws -> BenchNetwork {
    guard getuid() == 0 else { throw BenchFailure("network namespaces need root") }
    guard let ip = tools.first(where: { access($0, X_OK) == 0 }) else {
      throw BenchFailure("the command ip is not installed (Debian: iproute2)")
    }
    let number = Int(getpid()) % 10_000
    let subnet = "10.231.\(number % 250)"
    let network = BenchNetwork(
      ip: ip, prefix: "sb\(number)", hosts: BenchCluster.nodes.indices.map { "\(subnet).\($0 + 1)" })
    do {
      try network.build(subnet)
    } catch {
      network.remove()
      throw error
    }
    return network
  }

  private func build(_ subnet: String) throws {
    try run("link", "add", bridge, "type", "bridge")
    try run("addr", "add", "\(subnet).254/24", "dev", bridge)
    try run("link", "set", bridge, "up")
    for (index, host) in hosts.enumerated() {
      try run("netns", "add", namespace(index))
      try run("link", "add", cable(index), "type", "veth", "peer", "name", "eth0", "netns", namespace(index))
      try run("link", "set", cable(index), "master", bridge, "up")
      try run("-n", namespace(index), "addr", "add", "\(host)/24", "dev", "eth0")
      try run("-n", namespace(index), "link", "set", "lo", "up")
      try run("-n", namespace(index), "link", "set", "eth0", "up")
    }
  }

  /// What a command begins with that is to run where this node lives.
  package func wrapper(of node: String) -> [String] {
    guard let index = BenchCluster.nodes.firstIndex(of: node) else { return [] }
    return [ip, "netns", "exec", namespace(index)]
  }

  /// Nothing reaches the node any more, and nobody tells anyone.
  func cut(_ node: String) throws { try set(node, "down") }
  func heal(_ node: String) throws { try set(node, "up") }

  // MARK: one-way cuts

  /// Nobody has this address: the bridge drops what goes to it.
  private static let nowhere = "02:00:00:00:00:01"

  /// Nothing that `sender` says reaches `receiver` any more, not even that it got what `receiver` says, which goes on reaching it.
  package func cut(from sender: String, to receiver: String) throws {
    try run(
      "-n", namespace(sender), "neigh", "replace", host(receiver), "lladdr", Self.nowhere, "dev", "eth0")
  }

  package func heal(from sender: String, to receiver: String) throws {
    try run("-n", namespace(sender), "neigh", "del", host(receiver), "dev", "eth0")
  }

  /// The same of what processes outside of the nodes' namespaces say to a node.
  package func cutOutside(to receiver: String) throws {
    try run("neigh", "replace", host(receiver), "lladdr", Self.nowhere, "dev", bridge)
  }

  package func healOutside(to receiver: String) throws {
    try run("neigh", "del", host(receiver), "dev", bridge)
  }

  private func host(_ node: String) throws -> String { hosts[try index(of: node)] }
  private func namespace(_ node: String) throws -> String { namespace(try index(of: node)) }

  private func index(of node: String) throws -> Int {
    guard let index = BenchCluster.nodes.firstIndex(of: node) else {
      throw BenchFailure("\(node) has no network of its own here")
    }
    return index
  }

  /// Takes everything away that there is of it.
  package func remove() {
    for index in hosts.indices { try? run("netns", "del", namespace(index)) }
    for index in hosts.indices { try? run("link", "del", cable(index)) }
    try? run("link", "del", bridge)
  }

  private var bridge: String { prefix + "br" }
  private func namespace(_ index: Int) -> String { prefix + "-" + BenchCluster.nodes[index] }
  private func cable(_ index: Int) -> String { "\(prefix)v\(index)" }

  private func set(_ node: String, _ state: String) throws {
    guard let index = BenchCluster.nodes.firstIndex(of: node) else { return }
    try run("link", "set", cable(index), state)
  }

  private func run(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ip)
    process.arguments = arguments
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let words = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchFailure("ip \(arguments.joined(separator: " ")): \(words)")
    }
  }
}
