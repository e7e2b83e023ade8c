// Waits for nodes to be ready, and for all of them to have the same. Touches the network through `DemoAPI`.

struct NodesReady: Sendable {
  let cluster: LocalCluster
  let api: DemoAPI

  /// Until each of these nodes says that a majority can be reached.
  /// - Throws: with the end of its log when a node's process ends or the time is over.
  func wait(for nodes: [String], seconds: Double) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    let quick = DemoAPI.Patience(attemptMilliseconds: 1_000, nodeMilliseconds: 900, totalSeconds: 1)
    for node in api.nodes where nodes.contains(node.name) {
      var last = "no answer"
      while true {
        switch await api.attempt(.get("/readyz"), at: node, quick) {
        case .success((200, _)): last = ""
        case .success((let status, let body)):
          last = "\(status) \(String(decoding: body.prefix(300), as: UTF8.self))"
        case .failure(let failure): last = failure.words
        }
        if last.isEmpty { break }
        let ended = await !cluster.isRunning(node.name)
        if ended || ContinuousClock.now > deadline {
          throw LocalClusterError(
            words: """
              \(node.name) \(ended ? "ended" : "was not ready in \(seconds.text(0)) s (\(last))"). The end of \
              \(cluster.files.log(of: node.name)):
              \(cluster.logTail(of: node.name))
              """)
        }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  /// Until all nodes have applied the same entries and have no messages under way; false if they had not in time.
  func waitUntilEqual(seconds: Double) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
      var replies: [ClusterReply] = []
      for node in api.nodes {
        if let reply = await api.cluster(at: node) { replies.append(reply) }
      }
      if replies.count == api.nodes.count, ClusterReply.agree(replies) { return true }
      try await Task.sleep(for: .milliseconds(200))
    }
    return false
  }
}
