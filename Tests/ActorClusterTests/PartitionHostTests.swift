// A partition host with one voter, driven by hand: when calls are answered, and with what.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct PartitionHostTests {
  private typealias Host = HandDrivenHost

  private func refusal(_ answer: CallAnswer?) -> CounterState.Refusal? {
    guard case .refused(let bytes) = answer else { return nil }
    return try? CBORDecoder().decode(CounterState.Refusal.self, from: bytes)
  }

  // MARK: what answers wait for

  @Test func aCommandIsAnsweredOnlyWhenItIsPersisted() throws {
    var host = Host.serving()
    let call = try host.increment(5, as: 1)
    host.drain()
    #expect(host.answers[call] == nil)
    #expect(host.records.isEmpty)
    host.settle()
    #expect(try host.reply(Int.self, to: call) == 5)
    #expect(host.records.map(\.actor) == [ActorKey(type: "counter", id: "a")])
  }

  @Test func aReadSeesWhatWasDecidedBeforeItAndWaitsForIt() throws {
    var host = Host.serving()
    let write = try host.increment(5, as: 1)
    let read = try host.read()
    host.drain()
    #expect(host.answers.isEmpty)
    host.settle()
    #expect(try host.reply(CounterState.Value.self, to: read)?.value == 5)
    #expect(Set(host.order) == [write, read])
  }

  @Test func aReadWithNothingBeforeItWritesNothing() throws {
    var host = Host.serving()
    let last = host.host.raft.lastIndex
    let read = try host.read()
    host.drain()
    #expect(try host.reply(CounterState.Value.self, to: read)?.value == 0)
    #expect(host.host.raft.lastIndex == last)
    #expect(host.host.status.replies == 0)
  }

  @Test func aRefusalWaitsForWhatItDependsOn() throws {
    var host = Host.serving()
    _ = try host.increment(.max, as: 1)
    let refused = try host.increment(1, as: 2)
    host.drain()
    #expect(host.answers[refused] == nil)
    host.settle()
    #expect(refusal(host.answers[refused]) == .wouldOverflow)
    #expect(try host.value()?.value == .max)
  }

  @Test func pipelinedCommandsSeeEachOther() throws {
    var host = Host.serving()
    let calls = try (1...20).map { try host.increment(1, as: $0) }
    host.settle()
    let replies = try calls.map { try host.reply(Int.self, to: $0) }
    #expect(replies == Array(1...20))
    #expect(host.order == calls)
    #expect(host.records.count == 20)
  }

  // MARK: retries

  @Test func aRetryHasTheSameReplyAndNoSecondEffect() throws {
    var host = Host.serving()
    let first = try host.increment(5, as: 1)
    let early = try host.increment(5, as: 1)
    host.drain()
    #expect(host.answers.isEmpty, "the entry that a retry is answered from is not committed")
    host.settle()
    try host.increment(1, as: 2)
    let late = try host.increment(5, as: 1)
    host.settle()
    for call in [first, early, late] { #expect(try host.reply(Int.self, to: call) == 5) }
    #expect(try host.value()?.increments == 2)
  }

  @Test func aRetryOfWhatIsForgottenIsRefused() throws {
    var host = Host.serving()
    _ = try host.increment(as: 1)
    _ = host.invoke("increment", [1], as: Host.command(2), firstOutstanding: 2)
    let late = try host.increment(as: 1)
    host.settle()
    #expect(host.answers[late] == .failed(.outcomeUnknown(command: Host.command(1).description)))
    #expect(try host.value()?.increments == 2)
  }

  @Test func anIdIsForOneCommandOnly() throws {
    var host = Host.serving()
    let first = try host.increment(5, as: 1)
    let other = try host.increment(6, as: 1)
    host.settle()
    #expect(try host.reply(Int.self, to: first) == 5)
    #expect(host.answers[other] == .failed(.commandReused(command: Host.command(1).description)))
    #expect(try host.value()?.increments == 1)
  }

  // MARK: calls that cannot be

  @Test func callsThatNameNothingAreRefusedAndLeaveNoTrace() throws {
    var host = Host.serving()
    let type = host.invoke("increment", [1], type: "teapot", as: Host.command(1))
    let method = host.invoke("brew", [1], as: Host.command(2))
    let argument = host.invoke("increment", [0x61, 0x78], as: Host.command(3))
    let garbage = host.invoke("increment", [0xFF], as: Host.command(4))
    host.settle()
    #expect(host.answers[type] == .failed(.unknownActorType("teapot")))
    #expect(host.answers[method] == .failed(.unknownMethod(type: "counter", method: "brew")))
    for call in [argument, garbage] {
      guard case .failed(.malformedArgument("counter", "increment", _)) = host.answers[call] else {
        Issue.record("\(String(describing: host.answers[call]))")
        continue
      }
    }
    #expect(host.records.isEmpty)
    #expect(host.host.status.replies == 0)
  }

  @Test(arguments: ["", "größe", "a\u{301}", "line\nbreak", String(repeating: "x", count: 257)])
  func idsAreShortPrintableASCII(id: String) throws {
    var host = Host.serving()
    let call = try host.increment(on: id, as: 1)
    host.settle()
    guard case .failed(.invalidCall) = host.answers[call] else {
      Issue.record("\(String(describing: host.answers[call]))")
      return
    }
  }

  @Test func aReplicaThatDoesNotLeadRedirects() throws {
    var host = HandDrivenHost(voters: [1, 2, 3])
    host.load()
    let call = try host.increment(as: 1)
    host.drain()
    #expect(host.answers[call] == nil, "there may be a leader in a moment")
    host.pass(PartitionLimits().leaderlessMilliseconds)
    #expect(host.answers[call] == .redirected(to: nil))
  }

  // MARK: limits

  @Test func whatARecordCannotCarryIsRefused() throws {
    var limits = PartitionLimits()
    limits.recordBytes = 200
    var host = Host.serving(limits: limits)
    let call = host.invoke(
      "transfer",
      try CBOREncoder().encode(CounterState.Transfer(to: String(repeating: "x", count: 250), amount: 1)),
      as: Host.command(1))
    host.settle()
    guard case .failed(.invalidCall) = host.answers[call] else {
      Issue.record("\(String(describing: host.answers[call]))")
      return
    }
    #expect(try host.value()?.value == 0)
    #expect(host.alarms.isEmpty)
  }

  @Test func aFullOutboxRefusesCommandsAndNotReads() throws {
    var limits = PartitionLimits()
    limits.outboxMessages = 2
    var host = Host.serving(limits: limits)
    let transfer = try CBOREncoder().encode(CounterState.Transfer(to: "b", amount: 1))
    let accepted = [1, 2].map { host.invoke("transfer", transfer, as: Host.command($0)) }
    let refused = host.invoke("transfer", transfer, as: Host.command(3))
    host.settle()
    for call in accepted { #expect(try host.reply(Int.self, to: call) != nil) }
    guard case .failed(.overloaded) = host.answers[refused] else {
      Issue.record("\(String(describing: host.answers[refused]))")
      return
    }
    #expect(try host.value()?.value == -2)
    // The messages of accepted work arrive, and then there is room again.
    host.deliver()
    host.pass(200)
    host.settle()
    #expect(try host.value(of: "b")?.value == 2)
    let again = host.invoke("transfer", transfer, as: Host.command(3))
    host.settle()
    #expect(try host.reply(Int.self, to: again) == -3)
  }

  @Test func aFullSessionTableRefusesNewCommandsOnly() throws {
    var sessions = SessionTable.Limits()
    sessions.repliesPerPartition = 1
    var host = Host.serving(sessions: sessions)
    let first = try host.increment(as: 1)
    let second = try host.increment(as: 2)
    let retry = try host.increment(as: 1)
    host.settle()
    #expect(try host.reply(Int.self, to: first) == 1)
    #expect(try host.reply(Int.self, to: retry) == 1)
    guard case .failed(.overloaded) = host.answers[second] else {
      Issue.record("\(String(describing: host.answers[second]))")
      return
    }
    #expect(try host.value()?.increments == 1)
  }

  @Test func tooMuchThatIsNotOnDiskRefusesMore() throws {
    var host = Host.serving(maxUncommittedBytes: 400)
    let calls = try (1...20).map { try host.increment(as: $0) }
    host.settle()
    let accepted = calls.filter { if case .reply = host.answers[$0] { true } else { false } }
    let refused = calls.filter { if case .failed(.overloaded) = host.answers[$0] { true } else { false } }
    #expect(!accepted.isEmpty)
    #expect(!refused.isEmpty)
    #expect(accepted.count + refused.count == 20)
    #expect(try host.value()?.increments == accepted.count, "an overloaded command has had an effect")
  }

  // MARK: a disk without room

  /// Promise P6: new commands are refused and told when to retry; reads, and retries of what was accepted, go on.
  @Test func withoutRoomNewCommandsAreRefusedAndAllElseGoesOn() throws {
    var host = Host.serving()
    let first = try host.increment(5, as: 1)
    host.settle()
    host.refusesCommands(true)
    let refused = try host.increment(1, as: 2)
    let again = try host.increment(5, as: 1)
    let read = try host.read()
    host.settle()
    guard case .failed(.overloaded(_, let delay)) = host.answers[refused] else {
      Issue.record("\(String(describing: host.answers[refused]))")
      return
    }
    #expect(delay == 1_000)
    #expect(host.answers[again] == host.answers[first])
    #expect(try host.reply(CounterState.Value.self, to: read)?.value == 5)
    host.refusesCommands(false)
    let later = try host.increment(1, as: 2)
    host.settle()
    #expect(try host.reply(Int.self, to: later) == 6)
  }
}
