// A partition host while it is loading, when its files are wrong, and its timers and messages.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct PartitionHostWaitingTests {
  private typealias Host = HandDrivenHost

  private func record(_ index: LogIndex, _ payload: [UInt8]) -> PersistRequest {
    PersistRequest(
      token: PersistToken(rawValue: index), hardState: nil, truncateFrom: nil,
      entries: [LogEntry(index: index, term: 1, payload: .command(payload))])
  }

  // MARK: taking over

  @Test func itAsksForItsCheckpointOnce() {
    var host = HandDrivenHost()
    #expect(host.loads == 1)
    host.campaign()
    #expect(host.loads == 1)
    #expect(!host.host.isServing)
  }

  @Test func callsWaitForTheCheckpointAndAreDecidedInTheirOrder() throws {
    var host = HandDrivenHost()
    host.campaign()
    let calls = try (1...5).map { try host.increment(as: $0) }
    host.drain()
    #expect(host.answers.isEmpty)
    host.load()
    host.settle()
    let replies = try calls.map { try host.reply(Int.self, to: $0) }
    #expect(replies == Array(1...5))
    #expect(host.order == calls)
  }

  @Test func aCallDoesNotOvertakeThoseThatWait() throws {
    var host = HandDrivenHost()
    host.campaign()
    let waiting = try host.increment(as: 1)
    host.load(draining: false)
    let late = try host.increment(as: 2)
    host.settle()
    let replies = [try host.reply(Int.self, to: waiting), try host.reply(Int.self, to: late)]
    #expect(!replies.contains(nil))
    #expect(replies == [1, 2])
  }

  @Test func onlySoManyCallsWait() throws {
    var limits = PartitionLimits()
    limits.waitingCalls = 2
    var host = HandDrivenHost(limits: limits)
    host.campaign()
    let calls = try (1...3).map { try host.increment(as: $0) }
    host.drain()
    guard case .failed(.overloaded) = host.answers[calls[2]] else {
      Issue.record("\(String(describing: host.answers[calls[2]]))")
      return
    }
    host.load()
    host.settle()
    #expect(host.answers.count == 3)
  }

  // MARK: files that are wrong

  @Test func anEntryThatCannotBeAppliedQuarantinesThePartition() throws {
    var disk = SimulatedDisk()
    disk.sync(record(1, [0xFF, 0x00]), Host.partition)
    var host = Host.serving(disk: disk)
    #expect(host.alarms.count == 1)
    #expect(host.host.filesFault == nil, "another replica would not take it either")
    #expect(host.host.status.health.hasPrefix("quarantined"))
    let call = try host.increment(as: 1)
    host.settle()
    guard case .failed(.quarantined(0, _)) = host.answers[call] else {
      Issue.record("\(String(describing: host.answers[call]))")
      return
    }
    for _ in 0..<50 { host.pass(20) }
    #expect(host.alarms.count == 1)
  }

  @Test func aCheckpointAheadOfTheLogIsRefused() {
    var disk = SimulatedDisk()
    disk.write(PartitionCheckpoint(partition: Host.partition, appliedIndex: 7))
    let host = Host.serving(disk: disk)
    #expect(host.alarms.count == 1)
    #expect(host.host.filesFault != nil)
    #expect(!host.host.isServing)
  }

  @Test func rowsThatCannotBeReadAreRefused() {
    var disk = SimulatedDisk()
    disk.sync(record(1, []), Host.partition)
    for (type, id, key) in [("$timer", "x", ""), ("$session", "x", "")] {
      var damaged = disk
      damaged.write(
        PartitionCheckpoint(
          partition: Host.partition, appliedIndex: 1,
          puts: [ActorRow(actorType: type, actorID: id, rowKey: key, index: 1, value: [0xFF])]))
      let host = Host.serving(disk: damaged)
      #expect(host.alarms.count == 1, "\(type)")
    }
  }

  @Test func anActorThatCannotBeReadIsRefusedWhenItIsNeeded() throws {
    var disk = SimulatedDisk()
    disk.sync(record(1, []), Host.partition)
    let rows = ["counter", "teapot"].map {
      ActorRow(actorType: $0, actorID: "a", rowKey: "", index: 1, value: [0xFF])
    }
    disk.write(PartitionCheckpoint(partition: Host.partition, appliedIndex: 1, puts: rows))
    var host = Host.serving(disk: disk)
    #expect(host.alarms.isEmpty)
    let call = try host.increment(as: 1)
    host.settle()
    #expect(host.alarms.count == 1)
    #expect(host.answers[call] != nil)
  }

  // MARK: timers

  @Test func aTimerFiresOnceWhenItIsDueAndNeverEarly() throws {
    var host = Host.serving()
    _ = host.invoke("remind", try CBOREncoder().encode(500), as: Host.command(1))
    host.settle()
    #expect(host.host.status.timers == 1)
    host.pass(400)
    host.settle()
    #expect(try host.value()?.fired == 0)
    for _ in 0..<40 {
      host.pass(20)
      host.settle()
    }
    let value = try #require(try host.value())
    #expect(value.fired == 1)
    #expect((0...1_000).contains(value.lateMilliseconds))
    #expect(host.host.status.timers == 0)
  }

  @Test func aBacklogOfTimersFiresOverSeveralTicks() throws {
    var limits = PartitionLimits()
    limits.timersPerTick = 10
    var host = Host.serving(limits: limits)
    for sequence: UInt64 in 1...25 {
      _ = host.invoke("remind", try CBOREncoder().encode(100), as: Host.command(sequence))
    }
    host.settle()
    host.pass(500)
    host.settle()
    #expect(try host.value()?.fired == 10)
    host.pass(20)
    host.pass(20)
    host.settle()
    #expect(try host.value()?.fired == 25)
  }

  // MARK: messages

  private func batch(_ sequences: ClosedRange<UInt64>, from source: UInt32 = 5) throws -> MessageBatch {
    let deposit = DurableMessage(
      to: ActorKey(type: "counter", id: "a"), method: "deposit", encoded: try CBOREncoder().encode(10))
    let bytes = try CBOREncoder().encode(deposit)
    // {0: from, 1: to, 2: [{0: sequence, 1: message}, …]}; every number is below 24.
    let numbered = sequences.flatMap { sequence -> [UInt8] in [0xA2, 0x00, UInt8(sequence), 0x01] + bytes }
    return try CBORDecoder().decode(
      MessageBatch.self,
      from: [0xA3, 0x00, UInt8(source), 0x01, 0x00, 0x02, 0x80 + UInt8(sequences.count)] + numbered)
  }

  @Test func messagesAreAppliedOnceAndAcknowledgedWhenCommitted() throws {
    var host = Host.serving()
    host.receive(try batch(1...2))
    host.receive(try batch(1...3))
    host.drain()
    #expect(host.takeAcknowledged().allSatisfy { $0 == 0 }, "acknowledged before it is committed")
    host.settle()
    #expect(host.takeAcknowledged().last == 3)
    #expect(try host.value()?.value == 30)
    host.receive(try batch(2...3))
    host.settle()
    #expect(host.takeAcknowledged() == [3])
    #expect(try host.value()?.value == 30)
  }

  @Test func aGapIsLeftForTheSenderToSendAgain() throws {
    var host = Host.serving()
    host.receive(try batch(2...3))
    host.settle()
    #expect(try host.value()?.value == 0)
    host.receive(try batch(1...1))
    host.receive(try batch(3...3))
    host.receive(try batch(1...1, from: 6))
    host.settle()
    #expect(try host.value()?.value == 20)
    host.receive(try batch(2...3))
    host.settle()
    #expect(try host.value()?.value == 40)
  }

  @Test func aMessageThatCannotBeDecidedIsDoneWithAndReported() throws {
    var host = Host.serving()
    let deposit = try CBOREncoder().encode(CounterState.Transfer(to: "b", amount: 4))
    _ = host.invoke("transfer", deposit, on: "a", as: Host.command(1))
    host.deliver()
    #expect(host.undeliverable.isEmpty)
    let unknown = DurableMessage(to: ActorKey(type: "teapot", id: "a"), method: "brew", encoded: [])
    let bytes = try CBOREncoder().encode(unknown)
    host.receive(
      try CBORDecoder().decode(
        MessageBatch.self, from: [0xA3, 0x00, 0x05, 0x01, 0x00, 0x02, 0x81, 0xA2, 0x00, 0x01, 0x01] + bytes))
    host.settle()
    #expect(host.undeliverable == [unknown])
    #expect(host.takeAcknowledged() == [1])
    #expect(host.alarms.isEmpty)
  }
}
