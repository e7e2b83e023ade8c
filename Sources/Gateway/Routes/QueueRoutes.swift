// `/v1/queues`: from requests to commands of work queues. A shell; the domain decides.
internal import ActorCluster
internal import ContactCenter
internal import Hummingbird

struct QueueRoutes: Sendable {
  let calls: ClusterCalls
  let readModel: any ReadModelReading
  let listLimit: Int

  /// Queues asked at the same time for a list.
  private static let concurrency = 8

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/queues", needing: .read) { request, _, _ in
      JSONBody.response(try await list(until: try calls.deadline(request)))
    }
    routes.on(.get, "/v1/queues/:id", needing: .read) { request, context, _ in
      try await calls.read(WorkQueue.self, request, context) {
        try await $0.status(ViewQueue())
      } as: {
        QueueJSON($0)
      }
    }
    routes.on(.put, "/v1/queues/:id", needing: .configure) { request, context, caller in
      let id = try calls.id(context)
      let command = try calls.command(request, by: caller)
      let deadline = try calls.deadline(request)
      let body = try await calls.body(QueueBody.self, of: request)
      _ = try await calls.call(WorkQueue.self, id, command: command, until: deadline) {
        try await $0.configure(body.settings)
      }
      return JSONBody.response(try await queue(id, until: deadline))
    }
  }

  private func queue(_ id: String, until deadline: CallDeadline) async throws -> QueueJSON {
    QueueJSON(try await calls.call(WorkQueue.self, id, until: deadline) { try await $0.status(ViewQueue()) })
  }

  /// A queue whose partition has no leader now is named as unavailable; the others are shown.
  private func list(until deadline: CallDeadline) async throws -> QueueList {
    var ids = try await readModel.queueIDs().prefix(listLimit)[...]
    return await withTaskGroup(of: (String, QueueJSON?).self) { group in
      func ask(_ id: String) { group.addTask { (id, try? await queue(id, until: deadline)) } }
      for _ in 0..<Self.concurrency { if let id = ids.popFirst() { ask(id) } }
      var list = QueueList(queues: [], unavailable: [])
      while let (id, queue) = await group.next() {
        if let queue { list.queues.append(queue) } else { list.unavailable.append(id) }
        if let id = ids.popFirst() { ask(id) }
      }
      list.queues.sort { $0.id < $1.id }
      list.unavailable.sort()
      return list
    }
  }
}
