// What a partition host does with work that nodes have died of.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import PeerTransport
import Synchronization
import Testing

@Suite struct PoisonedHostTests {
  private static let partition = HandDrivenHost.partition

  /// Keeps what a host notes; `open` is what has begun and not ended.
  private final class Notes: InFlightNotes {
    private let state = Mutex<(begun: [CrashKey], open: Int)>(([], 0))

    var begun: [CrashKey] { state.withLock { $0.begun } }
    var open: Int { state.withLock { $0.open } }

    func begin(_ key: CrashKey, _ actor: ActorKey?, _ method: String) {
      state.withLock {
        $0.begun.append(key)
        $0.open += 1
      }
    }

    func end() { state.withLock { $0.open -= 1 } }
  }

  @Test func aRefusedCommandIsNotDecidedAndOneThatWasIsAnswered() throws {
    var host = HandDrivenHost.serving()
    let done = try host.increment(as: 1)
    host.settle()
    let keys = [1, 2].map { CrashKey.command(HandDrivenHost.command($0)) }
    host.learn(PoisonVerdicts(refused: [keys[0]: 2, keys[1]: 3]))
    let again = try host.increment(as: 1)
    let refused = try host.increment(as: 2)
    let other = try host.increment(as: 3)
    host.settle()
    #expect(try host.reply(Int.self, to: done) == 1)
    // Nobody died of it after it was committed: what it did stands.
    #expect(try host.reply(Int.self, to: again) == 1)
    #expect(
      host.answers[refused]
        == .failed(.poisoned(command: HandDrivenHost.command(2).description, crashes: 3)))
    #expect(try host.reply(Int.self, to: other) == 2)
  }

  @Test func oneThatIsHeldIsRefusedForNow() throws {
    var host = HandDrivenHost.serving()
    host.learn(PoisonVerdicts(held: [.command(HandDrivenHost.command(1))]))
    let call = try host.increment(as: 1)
    host.settle()
    guard case .failed(let error) = host.answers[call] else { return #expect(Bool(false), "it was decided") }
    #expect(error.isRetryable)
    host.learn(.none)
    let retry = try host.increment(as: 1)
    host.settle()
    #expect(try host.reply(Int.self, to: retry) == 1)
  }

  @Test func aMessageIsSetAsideAndTheNextIsApplied() throws {
    var host = HandDrivenHost.serving()
    host.learn(
      PoisonVerdicts(refused: [.message(from: Self.partition, to: Self.partition, sequence: 1): 2]))
    for (sequence, amount) in [(UInt64(1), 5), (2, 7)] {
      let order = CounterState.Transfer(to: "b", amount: amount)
      host.invoke("transfer", try CBOREncoder().encode(order), as: HandDrivenHost.command(sequence))
    }
    host.deliver()
    #expect(try host.value(of: "b")?.value == 7)
    #expect(try host.value()?.value == -12)
    #expect(host.undeliverable.map(\.method) == ["deposit"])
    // The sender is not blocked, and what was set aside is kept through a restart.
    #expect(host.host.status.outboxMessages == 0 || host.host.status.setAside == 1)
    host.checkpoint()
    var restarted = HandDrivenHost(disk: host.disk)
    restarted.load()
    #expect(restarted.host.status.setAside == 1)
  }

  @Test func aHeldMessageWaitsForItsSenderToAskAgain() throws {
    var host = HandDrivenHost.serving()
    let key = CrashKey.message(from: Self.partition, to: Self.partition, sequence: 1)
    host.learn(PoisonVerdicts(held: [key]))
    let order = CounterState.Transfer(to: "b", amount: 5)
    host.invoke("transfer", try CBOREncoder().encode(order), as: HandDrivenHost.command(1))
    host.deliver()
    #expect(try host.value(of: "b")?.value == 0)
    host.learn(.none)
    host.pass(1_000)
    host.pass(1_000)
    host.deliver()
    #expect(try host.value(of: "b")?.value == 5)
  }

  @Test func aTimerIsSetAsideAndTheNextFires() throws {
    var host = HandDrivenHost.serving()
    let notes = Notes()
    host.note(notes)
    for sequence in [UInt64(1), 2] {
      host.invoke("remind", try CBOREncoder().encode(1_000), as: HandDrivenHost.command(sequence))
      host.settle()
    }
    var probe = host
    probe.pass(1_000)
    let first = try #require(notes.begun.first { $0.kind == .timer })
    host.learn(PoisonVerdicts(refused: [first: 2]))
    host.pass(1_000)
    host.settle()
    host.pass(100)
    host.settle()
    #expect(try host.value()?.fired == 1)
    #expect(host.host.status.timers == 0)
    #expect(host.host.status.setAside == 1)
    #expect(notes.open == 0)
  }

  @Test func aReplicaStopsBeforeAnEntry() throws {
    var host = HandDrivenHost.serving()
    for sequence in UInt64(1)...3 { _ = try host.increment(as: sequence) }
    host.settle()
    let notes = Notes()
    var replaying = HandDrivenHost(disk: host.disk)
    replaying.note(notes)
    replaying.load()
    replaying.campaign()
    let entries = notes.begun.filter { $0.kind == .entry }
    #expect(entries.count == 3 && notes.open == 0)
    var stopped = HandDrivenHost(disk: host.disk)
    stopped.learn(PoisonVerdicts(refused: [entries[1]: 2]))
    stopped.load()
    stopped.campaign()
    #expect(stopped.alarms.count == 1 && stopped.alarms[0].contains("has crashed this node 2 times"))
    #expect(stopped.host.appliedIndex == entries[1].second - 1)
    let call = try stopped.increment(as: 4)
    stopped.settle()
    guard case .failed(.quarantined) = stopped.answers[call] else {
      return #expect(Bool(false), "\(String(describing: stopped.answers[call]))")
    }
  }

  /// Only callers want it: all others of the partition are served. What is accepted has to be applied, here or elsewhere.
  @Test func anActorThatCannotBeRestoredIsRefusedAlone() throws {
    var host = HandDrivenHost.serving()
    _ = try host.increment(on: "a", as: 1)
    _ = try host.increment(on: "b", as: 2)
    host.settle()
    host.checkpoint()
    var restarted = HandDrivenHost.serving(disk: host.disk)
    restarted.learn(
      PoisonVerdicts(refused: [.actor(ActorKey(type: "counter", id: "a"), of: Self.partition): 2]))
    let refused = try restarted.increment(on: "a", as: 3)
    let other = try restarted.increment(on: "b", as: 4)
    restarted.settle()
    guard case .failed(.quarantined(_, let words)) = restarted.answers[refused] else {
      return #expect(Bool(false), "\(String(describing: restarted.answers[refused]))")
    }
    #expect(words.contains("counter/a"))
    #expect(try restarted.reply(Int.self, to: other) == 2)
    #expect(restarted.alarms.isEmpty)
    let order = CounterState.Transfer(to: "a", amount: 5)
    restarted.invoke("transfer", try CBOREncoder().encode(order), on: "b", as: HandDrivenHost.command(5))
    restarted.deliver()
    #expect(restarted.alarms.count == 1)
  }

  /// Its sender must not be blocked for good.
  @Test func whatIsTooLargeToBeKeptIsSetAsideWithoutItsArgument() throws {
    var limits = PartitionLimits()
    limits.recordBytes = 1_000
    var host = HandDrivenHost.serving(limits: limits)
    let source = PartitionID(rawValue: 5)
    host.learn(PoisonVerdicts(refused: [.message(from: source, to: Self.partition, sequence: 1): 2]))
    let order = CounterState.Transfer(to: "a", amount: 7)
    host.invoke("transfer", try CBOREncoder().encode(order), on: "b", as: HandDrivenHost.command(1))
    host.settle()
    var batch = try #require(host.batches.first)
    let next = try #require(batch.messages.first?.message)
    let large = DurableMessage(to: next.to, method: next.method, encoded: Array(repeating: 0, count: 2_000))
    batch.from = source
    batch.messages = [
      NumberedMessage(sequence: 1, message: large), NumberedMessage(sequence: 2, message: next),
    ]
    host.receive(batch)
    host.settle()
    #expect(host.host.status.setAside == 1)
    #expect(try host.value()?.value == 7)
  }

  @Test func everythingThatRunsAnActorsCodeIsNoted() throws {
    var host = HandDrivenHost.serving()
    let notes = Notes()
    host.note(notes)
    let order = CounterState.Transfer(to: "b", amount: 5)
    host.invoke("transfer", try CBOREncoder().encode(order), as: HandDrivenHost.command(1))
    host.deliver()
    _ = try host.read()
    host.settle()
    #expect(
      notes.begun.filter { $0.kind != .actor } == [
        .command(HandDrivenHost.command(1)),
        .message(from: Self.partition, to: Self.partition, sequence: 1),
        notes.begun.last,
      ])
    #expect(notes.begun.contains { $0.kind == .actor })
    #expect(notes.begun.last?.kind == .command && notes.open == 0)
  }
}
