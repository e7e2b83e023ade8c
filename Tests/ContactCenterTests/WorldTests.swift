// Property tests of the whole domain under every order of messages that the cluster allows.
import ContactCenter
import Foundation
import Testing

/// Seeds to run in all: the number can be raised for a long search.
private let seeds = UInt64(ProcessInfo.processInfo.environment["CONTACT_CENTER_SEEDS"] ?? "") ?? 120
private let lanes: UInt64 = 4

@Suite("The domain under any order of messages")
struct WorldTests {
  @Test(
    "P4 holds after every step, rows are complete, and everything is served in the end", arguments: 0..<lanes)
  func conserved(lane: UInt64) throws {
    var seen: Set<String> = []
    for seed in stride(from: lane, to: seeds, by: Int(lanes)) {
      do {
        seen.formUnion(try run(seed))
      } catch {
        Issue.record("seed \(seed): \(error)")
        return
      }
    }
    guard seeds >= 120 else { return }
    // The world is worth its name only if all of this happens in it.
    let wanted: Set = [
      "interaction.created", "interaction.offered", "interaction.requeued", "interaction.answered",
      "interaction.ended", "interaction.closed", "agent.signedIn", "agent.signedOut", "agent.ready",
      "agent.notReady.break", "agent.notReady.rona", "agent.held", "agent.answered", "agent.released.void",
      "agent.released.missed", "agent.released.declined", "agent.released.abandoned",
      "agent.released.finished",
      "queue.configured", "queue.enqueued", "queue.reserving", "queue.returned", "queue.left",
      "queue.withdrawn", "queue.agentReported",
    ]
    #expect(wanted.subtracting(seen).sorted() == [])
  }

  private func run(_ seed: UInt64) throws -> Set<String> {
    var world = World(seed: seed, agents: ["ann", "bob", "cy", "dee"], queues: ["north", "south"])
    for agent in world.agents.keys.sorted() where world.random.chance(70) { try world.signIn(agent) }
    for step in 0..<200 {
      try world.step(arrivals: step < 150)
      if step % 50 == 49 { try world.checkRows() }
      if world.random.chance(2) {
        try world.settle()
        try world.checkSettled()
      }
    }
    try world.finish()
    try world.checkRows()
    for interaction in world.interactions.values {
      guard let record = interaction.state.record, record.stageName == .closed, record.closedAt != nil else {
        throw WorldFailure(description: "\(interaction.key) did not close: \(interaction.state)")
      }
    }
    if let left = world.timers.keys.min() { throw WorldFailure(description: "\(left) has a timer for ever") }
    return Set(world.tally.keys)
  }
}
