// Real `switchboard node` processes on loopback with a configuration file, as an operator runs them; and `ctl` beside them.
import AsyncHTTPClient
import CertificateAuthority
import ClusterTestKit
import Foundation
import Gateway
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

final class SwitchboardNodes: Sendable {
  let directory: String
  let names: [String]
  private let apiPorts: [String: Int]
  private let processes = Mutex<[String: Process]>([:])
  private let token = "t-ann"

  /// - Parameter extra: what else stands in the configuration.
  init(_ names: [String] = ["north", "south", "west"], configuration extra: String = "") throws {
    self.names = names
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("switchboard-\(UUID())")
      .path
    self.directory = directory
    let ports = try FreePorts.find(names.count * 2)
    apiPorts = Dictionary(uniqueKeysWithValues: zip(names, ports.suffix(names.count)))
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let authority = try CertificateAuthority.create(
      cluster: "test", validFor: .seconds(400 * 86_400), now: Date())
    for name in names {
      try authority.issue(name: name, role: .node, validFor: .seconds(300 * 86_400), now: Date()).write(
        to: directory + "/pki")
    }
    let nodes = zip(names, zip(ports, ports.suffix(names.count))).map { name, ports in
      "  \(name): {peer: \"127.0.0.1:\(ports.0)\", api: \"127.0.0.1:\(ports.1)\"}\n"
    }
    let text = """
      cluster: {name: test, partitions: 4}
      nodes:
      \(nodes.joined())data_directory: data/${node}
      tls: {certificate: "pki/${node}.pem", key: "pki/${node}.key", authority: pki/ca.pem}
      api: {tokens: tokens.yaml}
      threads: 1
      \(extra)

      """
    try write(text, "cluster.yaml")
    try write(
      "- {name: ann, role: admin, sha256: \"\(APIToken.sha256(of: token))\"}\n", "tokens.yaml")
    try write(token, "token")
  }

  private func write(_ text: String, _ name: String) throws {
    let path = "\(directory)/\(name)"
    try #require(
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
  }

  func api(of name: String) -> String { "http://127.0.0.1:\(apiPorts[name] ?? 0)" }

  // MARK: processes

  func start(_ name: String) throws {
    let process = Process()
    process.executableURL = try BuiltExecutable.find("switchboard")
    process.arguments = ["node", "--config", directory + "/cluster.yaml", "--node", name]
    let log = "\(directory)/\(name).log"
    if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(fileURLWithPath: log)) }
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try output.seekToEnd()
    process.standardError = output
    process.standardOutput = output
    try process.run()
    processes.withLock { $0[name] = process }
  }

  /// As `kill -9` does it; returns when the process is gone.
  func kill(_ name: String) {
    guard let process = processes.withLock({ $0[name] }) else { return }
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  func log(of name: String) -> String {
    (try? String(contentsOfFile: "\(directory)/\(name).log", encoding: .utf8)) ?? ""
  }

  /// Ends everything and removes the files.
  func remove() {
    for name in names { kill(name) }
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Runs `switchboard ctl` until it ends.
  func ctl(_ arguments: String..., at name: String = "north") throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = try BuiltExecutable.find("switchboard")
    process.arguments = ["ctl"] + arguments + ["--api", api(of: name), "--token-file", directory + "/token"]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  // MARK: requests

  /// Nil when the node does not answer with 200.
  func get(_ path: String, at name: String) async -> Data? {
    var request = HTTPClientRequest(url: api(of: name) + path)
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    guard let response = try? await HTTPClient.shared.execute(request, timeout: .seconds(5)),
      response.status == .ok, let body = try? await response.body.collect(upTo: 1 << 20)
    else { return nil }
    return Data([UInt8](buffer: body))
  }

  func waitUntil(
    _ what: Comment, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
      try #require(
        ContinuousClock.now < deadline, "not within \(limit): \(what)", sourceLocation: sourceLocation)
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
