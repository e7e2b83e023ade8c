// `/v1/agents`: from requests to commands of agents. A shell; the domain decides.
internal import ActorCluster
internal import ContactCenter
internal import Hummingbird

struct AgentRoutes: Sendable {
  let calls: ClusterCalls
  let readModel: any ReadModelReading
  let listLimit: Int

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/agents", needing: .read) { _, _, _ in
      JSONBody.response(AgentList(agents: try await readModel.agents(limit: listLimit)))
    }
    routes.on(.get, "/v1/agents/:id", needing: .read) { request, context, _ in
      try await calls.read(Agent.self, request, context) {
        try await $0.view(ViewAgent())
      } as: {
        AgentJSON($0)
      }
    }
    change(.put, "session", SessionBody.self, on: routes) { try await $0.signIn($1.command) }
    change(.delete, "session", EmptyBody.self, on: routes) { agent, _ in try await agent.signOut(SignOut()) }
    change(.post, "ready", EmptyBody.self, on: routes) { agent, _ in try await agent.setReady(SetReady()) }
    change(.post, "not-ready", ReasonBody.self, on: routes) {
      try await $0.setNotReady(SetNotReady(reason: $1.reason ?? ""))
    }
  }

  private func change<Body: StrictBody & Sendable>(
    _ method: HTTPRequest.Method, _ name: String, _ type: Body.Type, on routes: GuardedRoutes,
    _ change: @escaping @Sendable (Agent, Body) async throws -> AgentView
  ) {
    routes.on(method, "/v1/agents/:id/\(name)", needing: .serve) { request, context, caller in
      let id = try calls.id(context)
      let command = try calls.command(request, by: caller)
      let deadline = try calls.deadline(request)
      let body = try await calls.body(type, of: request)
      let view = try await calls.call(Agent.self, id, command: command, until: deadline) {
        try await change($0, body)
      }
      return JSONBody.response(AgentJSON(view))
    }
  }
}
