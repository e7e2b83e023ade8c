// The shipped pair, started by the commands at its top, and what a person does when one side is lost: the real executable.
import ClusterTestKit
import Foundation
import Testing

@Suite(.serialized) struct PairCommandTests {
  /// `cluster-config/pair.yaml` in a directory of its own, with ports that are free.
  private final class Pair {
    let directory: URL
    private let executable: URL
    private let ports: [Int]
    private var token = ""
    private var nodes: [String: Process] = [:]

    init() throws {
      executable = try BuiltExecutable.find("switchboard")
      ports = try FreePorts.find(4)
      directory = FileManager.default.temporaryDirectory.appendingPathComponent("pair-\(UUID())")
      let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "cluster-config")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: shipped, to: directory.appending(path: "cluster-config"))
      try command("pki", "init", "--cluster", "pair", "--directory", "data/pair/pki")
      for node in ["onprem", "cloud"] {
        try command("pki", "issue", "--directory", "data/pair/pki", "--name", node)
      }
      let said = try command(
        "pki", "token", "--name", "admin", "--role", "admin", "--append", "data/pair/pki/tokens.yaml")
      token =
        said.output.split(whereSeparator: \.isWhitespace).map(String.init).max { $0.count < $1.count } ?? ""
    }

    func remove() {
      for node in nodes.keys { kill(node) }
      try? FileManager.default.removeItem(at: directory)
    }

    private func process(_ arguments: [String]) -> Process {
      let process = Process()
      process.executableURL = executable
      process.arguments = arguments
      process.currentDirectoryURL = directory
      var environment = ProcessInfo.processInfo.environment
      for (position, node) in ["ONPREM", "CLOUD"].enumerated() {
        environment["SWITCHBOARD_NODES_\(node)_PEER"] = "127.0.0.1:\(ports[2 * position])"
        environment["SWITCHBOARD_NODES_\(node)_API"] = "127.0.0.1:\(ports[2 * position + 1])"
      }
      environment["SWITCHBOARD_TOKEN"] = token
      process.environment = environment
      process.standardInput = FileHandle.nullDevice
      return process
    }

    /// Runs it to its end.
    @discardableResult
    func command(_ arguments: String..., expecting status: Int32 = 0) throws -> (
      status: Int32, output: String
    ) {
      let file = directory.appending(path: "output-\(UUID())")
      try Data().write(to: file)
      let process = process(arguments)
      let output = try FileHandle(forWritingTo: file)
      process.standardOutput = output
      process.standardError = output
      try process.run()
      process.waitUntilExit()
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(process.terminationStatus == status, "\(arguments): \(text)")
      return (process.terminationStatus, text)
    }

    func start(_ node: String) throws {
      let log = directory.appending(path: "\(node).log")
      if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
      let file = try FileHandle(forWritingTo: log)
      try file.seekToEnd()
      let process = process(["node", "--config", "cluster-config/pair.yaml", "--node", node])
      process.standardError = file
      try process.run()
      nodes[node] = process
    }

    func pid(of node: String) -> Int32? { nodes[node]?.processIdentifier }

    func kill(_ node: String) {
      guard let process = nodes[node] else { return }
      if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }

    func log(_ node: String) -> String {
      (try? String(contentsOf: directory.appending(path: "\(node).log"), encoding: .utf8)) ?? ""
    }

    /// What `ctl status` says, asked at one of them.
    func status(at node: String) throws -> String {
      let port = ports[node == "onprem" ? 1 : 3]
      let process = process(["ctl", "status", "--api", "http://127.0.0.1:\(port)"])
      let pipe = Pipe()
      process.standardOutput = pipe
      process.standardError = pipe
      try process.run()
      let said = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      return String(decoding: said, as: UTF8.self)
    }

    func wait(_ what: Comment, _ condition: () throws -> Bool) async throws {
      let deadline = ContinuousClock.now + .seconds(60)
      while try !condition() {
        try #require(
          ContinuousClock.now < deadline,
          "\(what)\nonprem: \(log("onprem").suffix(3_000))\ncloud: \(log("cloud").suffix(3_000))")
        try await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  private static let config = "cluster-config/pair.yaml"

  @Test(.timeLimit(.minutes(4)))
  func aPersonHasTheStandbyTakeOver() async throws {
    let pair = try Pair()
    defer { pair.remove() }
    try pair.start("onprem")
    try pair.start("cloud")
    try await pair.wait("all well") { try pair.status(at: "cloud").contains("all well") }
    // A running node is not touched.
    let running = try pair.command("ctl", "promote", "--config", Self.config, "--node", "cloud", expecting: 3)
    #expect(running.output.contains("in use by another process"))
    pair.kill("cloud")
    try await pair.wait("onprem says that it waits") {
      try pair.status(at: "onprem").contains("a person runs switchboard ctl run-alone")
    }
    // Without a proof it only shows.
    let looked = try pair.command("ctl", "promote", "--config", Self.config, "--node", "cloud", expecting: 1)
    #expect(looked.output.contains("Nothing acknowledged can be missing here"))
    #expect(looked.output.contains("--yes-i-proved onprem-IS-OFF"))
    let failed = try pair.command(
      "ctl", "promote", "--config", Self.config, "--node", "cloud", "--fence", "exit 7", expecting: 1)
    #expect(failed.output.contains("ended with 7"))
    let pid = try #require(pair.pid(of: "onprem"))
    let done = try pair.command(
      "ctl", "promote", "--config", Self.config, "--node", "cloud", "--fence",
      "test $SWITCHBOARD_FENCE_NODES = onprem && kill -9 \(pid)")
    #expect(done.output.contains("Node cloud goes on alone"))
    pair.kill("onprem")
    try pair.start("cloud")
    try await pair.wait("cloud leads everything") {
      let status = try pair.status(at: "cloud")
      return status.contains("node onprem is unreachable") && !status.contains("has no known leader")
    }
    try pair.start("onprem")
    try await pair.wait("all well again") {
      try pair.status(at: "onprem").contains("all well") && pair.status(at: "cloud").contains("all well")
    }
    #expect(pair.log("onprem").contains("a person has had the cluster go on without this node"))
    let files = try FileManager.default.contentsOfDirectory(
      atPath: pair.directory.appending(path: "data/pair/onprem").path)
    #expect(files.contains { $0.hasPrefix("divergent-") } && files.contains("set-aside-1"))
  }
}
