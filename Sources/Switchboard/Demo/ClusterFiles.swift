// The files of a throw-away cluster: authority, certificates, token, configuration. Touches the disk, the clock and randomness.
internal import CertificateAuthority
internal import Foundation
internal import Gateway

/// Why a throw-away cluster could not be made or kept. The words say what to do.
struct LocalClusterError: Error, CustomStringConvertible {
  var words: String
  var isRetryable: Bool { false }
  var description: String { words }
}

/// What a demo's directory holds.
///
///     authority/  the certificate authority       pki/    one certificate per node
///     tokens.yaml, token (readable by its owner)  cluster.yaml, apis (one URL per line)
///     data/NAME   a node's data directory         logs/NAME.log, pids/NAME.pid, start/NAME.sh
struct ClusterFiles: Sendable {
  static let cluster = "demo"
  static let partitions: UInt32 = 16
  static let names = ["north", "south", "west"]

  let directory: String
  let nodes: [DemoAPI.Node]
  let token: String
  let executable: String

  var configuration: String { directory + "/cluster.yaml" }
  func log(of node: String) -> String { "\(directory)/logs/\(node).log" }
  func pidFile(of node: String) -> String { "\(directory)/pids/\(node).pid" }
  func startScript(of node: String) -> String { "\(directory)/start/\(node).sh" }
  func data(of node: String) -> String { "\(directory)/data/\(node)" }
  func arguments(of node: String) -> [String] { ["node", "--config", configuration, "--node", node] }

  /// Makes everything that three nodes on this machine need. The directory must be empty or missing.
  static func make(in directory: String, executable: String) throws -> ClusterFiles {
    let files = FileManager.default
    let owner: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
    if let found = try? files.contentsOfDirectory(atPath: directory), !found.isEmpty {
      throw LocalClusterError(
        words: "\(directory) is not empty: name another directory, or one that is not there yet")
    }
    for name in ["", "/authority", "/pki", "/data", "/logs", "/pids", "/start"] {
      try files.createDirectory(
        atPath: directory + name, withIntermediateDirectories: true, attributes: owner)
    }
    guard let ports = LocalPorts.free(names.count * 2) else {
      throw LocalClusterError(words: "no free ports on 127.0.0.1: end programs that use many")
    }
    let now = Date()
    let authority = try CertificateAuthority.create(
      cluster: cluster, validFor: .seconds(30 * 86_400), now: now)
    try authority.write(to: directory + "/authority")
    for name in names {
      try authority.issue(name: name, role: .node, validFor: .seconds(30 * 86_400), now: now).write(
        to: directory + "/pki")
    }
    var generator = SystemRandomNumberGenerator()
    let token = NewToken.random(using: &generator)
    try TokensFile.append(
      APITokenEntry(name: "demo", role: .admin, sha256: APIToken.sha256(of: token)),
      to: directory + "/tokens.yaml")
    let nodes = names.enumerated().map {
      DemoAPI.Node(name: $1, url: "http://127.0.0.1:\(ports[$0 * 2 + 1])")
    }
    let made = ClusterFiles(directory: directory, nodes: nodes, token: token, executable: executable)
    try made.write(token + "\n", to: directory + "/token")
    try made.write(nodes.map { $0.url + "\n" }.joined(), to: directory + "/apis")
    try made.write(configurationText(ports: ports), to: made.configuration)
    for name in names { try made.write(made.startText(name), to: made.startScript(of: name), mode: 0o700) }
    return made
  }

  func write(_ text: String, to path: String, mode: Int = 0o600) throws {
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
    else { throw LocalClusterError(words: "\(path) cannot be written") }
  }

  static func configurationText(ports: [Int]) -> String {
    let nodes = names.enumerated().map { index, name in
      "  \(name): {peer: \"127.0.0.1:\(ports[index * 2])\", api: \"127.0.0.1:\(ports[index * 2 + 1])\"}\n"
    }
    return """
      # A throw-away cluster of the demo: three nodes on this machine, the API without TLS on loopback only.
      cluster:
        name: \(cluster)
        partitions: \(partitions)
      nodes:
      \(nodes.joined())data_directory: data/${node}
      tls:
        certificate: pki/${node}.pem
        key: pki/${node}.key
        authority: pki/ca.pem
      api:
        tokens: tokens.yaml
      timing: lan
      chaos: allowed
      threads: 1

      """
  }

  /// Starts the node again in the background, as the demo does.
  private func startText(_ node: String) -> String {
    let command = ([executable] + arguments(of: node)).map(Self.quoted).joined(separator: " ")
    return """
      #!/bin/sh
      # Starts node \(node) again in the background.
      \(command) < /dev/null >> \(Self.quoted(log(of: node))) 2>&1 &
      echo $! > \(Self.quoted(pidFile(of: node)))

      """
  }

  /// One word for a shell.
  static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: "'\\''") + "'" }
}
