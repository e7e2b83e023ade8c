// The customers of the day: they call, wait, and hang up when their patience ends. Touches the network through `DemoAPI`.
internal import Foundation

struct Callers: Sendable {
  let plan: DayPlan
  let clock: DemoClock
  let api: DemoAPI
  let state: DayState
  /// Real milliseconds that an offer rings, and the longest after-call work.
  let offerTimeoutMs: Int64
  let wrapUpMs: Int64

  /// Returns when every call has been made and everybody with limited patience has been answered or has hung up.
  func run() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for call in plan.calls {
        try await clock.sleep(untilDay: call.arrival)
        group.addTask { try await self.make(call) }
      }
    }
  }

  private func make(_ call: DayPlan.Call) async throws {
    let sentAt = clock.now
    let nobodyWaits = state.ledger { ledger in
      let nobodyWaits = ledger.awaitingFirstOffer == 0
      ledger.sent(call: call.number)
      return nobodyWaits
    }
    let foundAgentFree = nobodyWaits && state.floor { $0.hasFreeAgent(for: call.queue, at: sentAt) }
    let body = NewInteraction(
      queue: call.queue, priority: call.priority, customer: call.customer,
      attributes: ["call": "\(call.number)"],
      offerTimeoutMs: offerTimeoutMs, wrapUpMs: wrapUpMs)
    let outcome = await api.send(.command("POST", "/v1/interactions", key: "call-\(call.number)", body))
    guard case .done(let reply) = outcome,
      let id = (try? JSONDecoder().decode(InteractionReply.self, from: reply))?.id
    else {
      try Task.checkCancellation()
      return state.ledger { $0.gaveUp("call \(call.number): \(outcome.words)") }
    }
    state.ledger {
      $0.created(call: call.number, interaction: id, sentAt: sentAt, foundAgentFree: foundAgentFree)
    }
    guard let patience = call.patience else { return }
    try await clock.sleep(untilDay: call.arrival + patience)
    if !state.ledger({ $0.hasAnswer(id) }) { try await hangUp(id) }
  }

  private func hangUp(_ id: String) async throws {
    let outcome = await api.send(
      .command("POST", "/v1/interactions/\(id)/abandon", key: "hang-up-\(id)", ReasonBody(reason: "patience"))
    )
    switch outcome {
    case .done: state.ledger { $0.abandoned(id) }
    // An agent was faster.
    case .refused(let code, _) where ["alreadyanswered", "notwaiting", "closed"].contains(code): break
    case .refused, .gaveUp:
      try Task.checkCancellation()
      state.ledger { $0.gaveUp("hanging up on \(id): \(outcome.words)") }
    }
  }
}

extension DemoAPI.Outcome {
  var words: String {
    switch self {
    case .done: "an answer that cannot be read"
    case .refused(_, let message): "refused with \(message)"
    case .gaveUp(let words): words
    }
  }
}
