// A partition host that restarts from its checkpoint rows and log equals one that lived through it all.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct PartitionHostRecoveryTests {
  private typealias Host = HandDrivenHost

  private struct History {
    var random: SplitMix64
    var sequence: UInt64 = 0
    /// What every command was answered, by its sequence.
    var replies: [UInt64: CallAnswer] = [:]
    let counters = ["a", "b", "c{x}", "d/e"]

    mutating func command(_ host: inout Host) throws -> (UInt64, UInt64) {
      sequence += 1
      return (sequence, try send(sequence, to: &host))
    }

    /// The command with that number: the same each time.
    func send(_ sequence: UInt64, to host: inout Host) throws -> UInt64 {
      var choice = SplitMix64(seed: sequence)
      let counter = choice.pick(counters)
      let (method, argument): (String, [UInt8]) =
        switch choice.below(4) {
        case 0:
          ("transfer", try CBOREncoder().encode(CounterState.Transfer(to: choice.pick(counters), amount: 7)))
        case 1: ("remind", try CBOREncoder().encode(choice.below(2_000)))
        default: ("increment", try CBOREncoder().encode(choice.below(100)))
        }
      return host.invoke(
        method, argument, on: counter, as: Host.command(sequence),
        firstOutstanding: sequence > 20 ? sequence - 20 : 0)
    }

    mutating func run(_ host: inout Host, steps: Int) throws {
      for _ in 0..<steps {
        var calls: [(UInt64, UInt64)] = []
        for _ in 0..<random.below(4) { calls.append(try command(&host)) }
        if random.chance(oneIn: 3) { host.deliver() } else { host.settle() }
        host.pass(Int64(random.below(120)))
        host.settle()
        for (sequence, call) in calls { replies[sequence] = host.answers[call] }
      }
    }
  }

  private func state(_ host: inout Host, _ history: History) throws -> [String] {
    let status = host.host.status
    var lines = [
      "outbox \(status.outboxMessages) timers \(status.timers) replies \(status.replies)"
    ]
    for counter in history.counters {
      lines.append("\(counter) \(try host.value(of: counter).map { "\($0)" } ?? "unread")")
    }
    for sequence in 1...max(1, history.sequence) {
      let call = try history.send(sequence, to: &host)
      host.settle()
      lines.append("\(sequence) \(host.answers[call].map { "\($0)" } ?? "unanswered")")
    }
    return lines
  }

  @Test(arguments: 1...25 as ClosedRange<UInt64>)
  func restartedEqualsLive(seed: UInt64) throws {
    var history = History(random: SplitMix64(seed: seed))
    var live = Host.serving()
    try history.run(&live, steps: 10 + Int(seed))
    var restarted = Host.serving(disk: live.disk)
    restarted.now = live.now
    #expect(restarted.host.isServing, "seed \(seed)")
    // Retries are answered from what is remembered, so looking changes nothing.
    var look = live
    let expected = try state(&look, history)
    #expect(try state(&restarted, history) == expected, "seed \(seed)")
    for (sequence, answer) in history.replies where sequence + 20 > history.sequence {
      #expect(
        expected.contains("\(sequence) \(answer)"),
        "seed \(seed): the retry of \(sequence) has another answer")
    }
    #expect(live.alarms.isEmpty && restarted.alarms.isEmpty, "seed \(seed)")
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func restartingOftenLosesNothing(seed: UInt64) throws {
    var history = History(random: SplitMix64(seed: seed))
    var host = Host.serving()
    var checkpoints = 0
    for _ in 0..<6 {
      try history.run(&host, steps: 8)
      checkpoints += host.checkpoints
      let now = host.now
      host = Host.serving(disk: host.disk)
      host.now = now
    }
    #expect(checkpoints > 3, "seed \(seed): too few checkpoints to mean anything")
    for _ in 0..<10 {
      host.deliver()
      host.pass(1_000)
      host.settle()
    }
    var total = 0
    var fired = 0
    for counter in history.counters {
      let value = try #require(try host.value(of: counter))
      total += value.value
      fired += value.fired
    }
    var increments = 0
    var reminders = 0
    for (sequence, answer) in history.replies {
      guard case .reply = answer else { continue }
      var choice = SplitMix64(seed: sequence)
      _ = choice.pick(history.counters)
      switch choice.below(4) {
      case 0: break
      case 1: reminders += 1
      default: increments += choice.below(100)
      }
    }
    #expect(total == increments, "seed \(seed)")
    #expect(fired == reminders, "seed \(seed)")
    #expect(host.host.status.outboxMessages == 0, "seed \(seed)")
    #expect(host.host.status.timers == 0, "seed \(seed)")
  }

  /// An entry that was not on disk may be lost; one that was must not be.
  @Test func whatWasNotPersistedIsGoneAndWasNotAnswered() throws {
    var host = Host.serving()
    _ = try host.increment(1, as: 1)
    host.settle()
    let lost = try host.increment(10, as: 2)
    host.drain()
    #expect(host.answers[lost] == nil)
    var restarted = Host.serving(disk: host.disk)
    #expect(try restarted.value()?.value == 1)
    let retry = try restarted.increment(10, as: 2)
    restarted.settle()
    #expect(try restarted.reply(Int.self, to: retry) == 11)
  }
}
