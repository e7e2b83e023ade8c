// The agents of the day: they sign in for their shifts, answer what is offered to them, and wrap up. Touches the network
// through `DemoAPI`.
internal import Foundation

struct Agents: Sendable {
  let plan: DayPlan
  let clock: DemoClock
  let api: DemoAPI
  let state: DayState

  /// Runs until it is canceled: agents work on until nobody waits.
  func run() async throws {
    var events = EventSubscription(api: api)
    // The first message says where the stream stands: what happens from here on is seen.
    _ = try await events.next()
    try await withThrowingDiscardingTaskGroup { group in
      for agent in plan.agents {
        group.addTask { try await self.work(agent) }
      }
      while true {
        let message = try await events.next()
        guard let event = try? JSONDecoder().decode(DemoEvent.self, from: Data(message.data.utf8)) else {
          continue
        }
        switch event.kind ?? message.event {
        case "interaction.offered":
          guard let id = event.interaction, let agent = event.agent else { continue }
          let place = event.place ?? 0
          state.ledger { $0.offered(id, at: clock.now) }
          state.floor { $0.offered(agent) }
          group.addTask { try await self.answer(id, place: place, as: agent) }
        case "agent.changed":
          guard event.change == "notReady", event.reason == "rona", let agent = event.agent else { continue }
          state.ledger { $0.missedOffer() }
          let key = "back-\(agent)-\(event.atMs ?? 0)"
          group.addTask { try await self.comeBack(agent, key: key) }
        default: break
        }
      }
    }
  }

  /// Comes and goes by the plan's shifts.
  private func work(_ agent: DayPlan.Agent) async throws {
    for (number, shift) in agent.shifts.enumerated() {
      try await clock.sleep(untilDay: shift.from)
      let session = SessionBody(queues: agent.queues)
      let path = "/v1/agents/\(agent.name)"
      try await must(.command("PUT", path + "/session", key: "in-\(agent.name)-\(number)", session))
      try await must(.command("POST", path + "/ready", key: "ready-\(agent.name)-\(number)", NoBody()))
      state.floor { $0.ready(agent.name, queues: agent.queues, at: clock.now) }
      guard let end = shift.to else { return }
      try await clock.sleep(untilDay: end)
      state.floor { $0.left(agent.name) }
      try await must(.command("DELETE", path + "/session", key: "out-\(agent.name)-\(number)", NoBody()))
    }
  }

  /// Answers whatever is offered, even during another call: whether that may happen is the cluster's promise to keep, and the
  /// ledger tells.
  private func answer(_ id: String, place: Int, as agent: String) async throws {
    defer { state.floor { $0.released(agent, at: clock.now) } }
    let path = "/v1/interactions/\(id)"
    let offeredAt = clock.now
    let outcome = await api.send(
      .command("POST", path + "/accept", key: "accept-\(id)-\(place)-\(agent)", AgentName(agent: agent)))
    guard case .done(let body) = outcome else {
      // Too late: the caller is gone, or it was offered to another meanwhile.
      if case .refused(let code, _) = outcome, Self.lateCodes.contains(code) { return }
      try Task.checkCancellation()
      return state.ledger { $0.gaveUp("accepting \(id) as \(agent): \(outcome.words)") }
    }
    state.ledger { $0.accepted(id, by: agent, at: clock.now, offeredAt: offeredAt) }
    let number = (try? JSONDecoder().decode(InteractionReply.self, from: body))?.attributes?["call"].flatMap {
      Int($0)
    }
    let call = number.flatMap { plan.calls.indices.contains($0 - 1) ? plan.calls[$0 - 1] : nil }
    try await clock.sleep(daySeconds: call?.service ?? DayGenerator.meanService)
    state.ledger { $0.completionSent(id, by: agent, at: clock.now) }
    try await must(
      .command(
        "POST", path + "/complete", key: "complete-\(id)-\(agent)",
        Completion(agent: agent, disposition: "done")))
    if plan.wrapUp > 0 {
      try await clock.sleep(daySeconds: plan.wrapUp)
      // The cluster ends a wrap-up by itself when it takes too long.
      try await must(
        .command("POST", path + "/finish-wrap-up", key: "wrapped-\(id)-\(agent)", AgentName(agent: agent)),
        unless: ["closed"])
    }
    state.ledger { $0.closed(id, by: agent) }
  }

  private static let lateCodes = ["notoffered", "closed", "alreadyanswered", "notheld"]

  private func comeBack(_ agent: String, key: String) async throws {
    guard state.floor({ $0.isOnDuty(agent) }) else { return }
    try await must(
      .command("POST", "/v1/agents/\(agent)/ready", key: key, NoBody()), unless: ["notsignedin"])
  }

  private func must(_ request: DemoRequest, unless codes: [String] = []) async throws {
    let outcome = await api.send(request)
    switch outcome {
    case .done: return
    case .refused(let code, _) where codes.contains(code): return
    case .refused, .gaveUp:
      try Task.checkCancellation()
      state.ledger { $0.gaveUp("\(request.method) \(request.path): \(outcome.words)") }
    }
  }
}
