// `/v1/interactions`: from requests to commands of interactions. A shell; the domain decides.
internal import ActorCluster
internal import ContactCenter
internal import Hummingbird

struct InteractionRoutes: Sendable {
  let calls: ClusterCalls

  func register(on routes: GuardedRoutes) {
    routes.on(.post, "/v1/interactions", needing: .arrive, use: create)
    routes.on(.get, "/v1/interactions/:id", needing: .read) { request, context, _ in
      try await calls.read(Interaction.self, request, context) {
        try await $0.view(ViewInteraction())
      } as: {
        InteractionJSON($0)
      }
    }
    change("accept", .serve, AgentBody.self, on: routes) { try await $0.accept(Accept(agent: $1.agent)) }
    change("decline", .serve, AgentBody.self, on: routes) { try await $0.decline(Decline(agent: $1.agent)) }
    change("complete", .serve, CompleteBody.self, on: routes) {
      try await $0.complete(Complete(agent: $1.agent, disposition: $1.disposition))
    }
    change("finish-wrap-up", .serve, AgentBody.self, on: routes) {
      try await $0.finishWrapUp(FinishWrapUp(agent: $1.agent))
    }
    change("abandon", .arrive, ReasonBody.self, on: routes) {
      try await $0.abandon(Abandon(reason: $1.reason ?? ""))
    }
  }

  /// `POST /v1/interactions/{id}/NAME`
  private func change<Body: StrictBody & Sendable>(
    _ name: String, _ permission: Permission, _ type: Body.Type, on routes: GuardedRoutes,
    _ change: @escaping @Sendable (Interaction, Body) async throws -> InteractionView
  ) {
    routes.on(.post, "/v1/interactions/:id/\(name)", needing: permission) { request, context, caller in
      let id = try calls.id(context)
      let command = try calls.command(request, by: caller)
      let deadline = try calls.deadline(request)
      let body = try await calls.body(type, of: request)
      let view = try await calls.call(Interaction.self, id, command: command, until: deadline) {
        try await change($0, body)
      }
      return JSONBody.response(InteractionJSON(view))
    }
  }

  /// The new interaction's id comes from the command's, so that a retry cannot create a second one.
  @Sendable private func create(
    _ request: Request, _ context: GatewayContext, _ caller: Caller
  ) async throws -> Response {
    let command = try calls.command(request, by: caller)
    let deadline = try calls.deadline(request)
    let create = try await calls.body(CreateInteractionBody.self, of: request).command
    let id = command.derivedID()
    try await requireRoom(in: create.queue, for: id, until: deadline)
    let view = try await calls.call(Interaction.self, id, command: command, until: deadline) {
      do {
        return try await $0.create(create)
      } catch ContactCenterRefusal.alreadyExists {
        // The id comes from the key: the key is older than the replies that are remembered.
        throw ClusterError.outcomeUnknown(command: command.description)
      }
    }
    var response = JSONBody.response(InteractionJSON(view), status: .created)
    response.headers[.location] = "/v1/interactions/\(id)"
    return response
  }

  /// A full queue refuses what is new (promise P6), and not the retry of what it has accepted.
  private func requireRoom(in queue: String, for id: String, until deadline: CallDeadline) async throws {
    try ActorName.check(queue, "queue")
    let status = try await calls.call(WorkQueue.self, queue, until: deadline) {
      try await $0.status(ViewQueue())
    }
    guard !status.hasRoom else { return }
    do {
      _ = try await calls.call(Interaction.self, id, until: deadline) { try await $0.view(ViewInteraction()) }
    } catch ContactCenterRefusal.unknownInteraction {
      throw APIError.overloaded(
        "queue '\(queue)' is full: \(status.settings.limit) interactions wait in it", retryAfterMs: 5_000)
    }
  }
}
