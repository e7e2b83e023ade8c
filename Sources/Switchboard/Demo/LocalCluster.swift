// The three nodes of the demo as processes of this machine: start, kill, watch, stop. Touches processes and files.
internal import Foundation

/// Runs the nodes of one `ClusterFiles`. Nodes that somebody else started again after a kill are found by their command line, so
/// that they are stopped at the end too.
actor LocalCluster {
  nonisolated let files: ClusterFiles
  private var children: [String: ChildProcess] = [:]
  /// Nodes that are meant to be down.
  private var killed: Set<String> = []

  init(files: ClusterFiles) { self.files = files }

  nonisolated var names: [String] { files.nodes.map(\.name) }

  func start(_ node: String) throws {
    guard children[node] == nil else { return }
    let child = try ChildProcess(
      executable: files.executable, arguments: files.arguments(of: node), log: files.log(of: node))
    children[node] = child
    killed.remove(node)
    try files.write("\(child.pid)\n", to: files.pidFile(of: node))
  }

  /// SIGKILL. Returns when the signal was sent; false if no process of that node is known.
  func kill(_ node: String) -> Bool {
    killed.insert(node)
    if let child = children[node] {
      child.signal(SIGKILL)
      return true
    }
    let others = strangers(node)
    for pid in others { _ = Foundation.kill(pid, SIGKILL) }
    return !others.isEmpty
  }

  /// SIGSTOP: the process is there, and does nothing. False if no process of that node is known.
  func pause(_ node: String) -> Bool { signal(node, SIGSTOP) }

  /// SIGCONT.
  func goOn(_ node: String) -> Bool { signal(node, SIGCONT) }

  private func signal(_ node: String, _ signal: Int32) -> Bool {
    guard let child = children[node] else { return false }
    child.signal(signal)
    return true
  }

  /// Nodes that have ended since the last call, and not by `kill`.
  func unexpectedlyEnded() -> [String] { forgetEnded().filter { !killed.contains($0) } }

  @discardableResult
  private func forgetEnded() -> [String] {
    let ended = children.filter { $0.value.hasEnded }.map(\.key).sorted()
    for node in ended { children[node] = nil }
    return ended
  }

  /// Whether any process runs this node.
  func isRunning(_ node: String) -> Bool {
    forgetEnded()
    return children[node] != nil || !strangers(node).isEmpty
  }

  /// Waits until a node that was killed is gone.
  func waitUntilEnded(_ node: String) async throws {
    while isRunning(node) { try await Task.sleep(for: .milliseconds(5)) }
  }

  /// SIGTERM to all, SIGKILL to those that are still there after `seconds`. Not cut short by cancellation.
  /// - Returns: nodes that had to be killed.
  func stop(seconds: Double = 20) async -> [String] {
    await Task { await stopAll(seconds: seconds) }.value
  }

  private func stopAll(seconds: Double) async -> [String] {
    let deadline = ContinuousClock.now + .seconds(seconds)
    for node in names {
      children[node]?.signal(SIGTERM)
      for pid in strangers(node) { _ = Foundation.kill(pid, SIGTERM) }
    }
    while true {
      forgetEnded()
      let left = names.filter { isRunning($0) }
      if left.isEmpty { return [] }
      if ContinuousClock.now > deadline {
        for node in left {
          children[node]?.signal(SIGKILL)
          for pid in strangers(node) { _ = Foundation.kill(pid, SIGKILL) }
        }
        try? await Task.sleep(for: .milliseconds(300))
        forgetEnded()
        return left
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Processes of a node that are not children of this one, by the command line (Linux only: elsewhere none is found).
  private func strangers(_ node: String) -> [Int32] {
    let own = Set(children.values.map(\.pid))
    let expected = files.arguments(of: node).map { Data($0.utf8) }
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.compactMap { name -> Int32? in
      guard let pid = Int32(name), !own.contains(pid),
        let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      else { return nil }
      let words = line.split(separator: 0).map { Data($0) }
      return words.count == expected.count + 1 && Array(words.dropFirst()) == expected ? pid : nil
    }
  }

  /// The last lines of a node's log, for an error message.
  nonisolated func logTail(of node: String, lines: Int = 5) -> String {
    guard let data = FileManager.default.contents(atPath: files.log(of: node)) else { return "(no log)" }
    return String(decoding: data.suffix(4_096), as: UTF8.self).split(separator: "\n").suffix(lines)
      .joined(separator: "\n")
  }
}
