// Actors leave memory, come back when somebody needs them, and nobody notices.
import ActorCluster
import CBOR
import ClusterTestKit
import NodeStore
import Testing

@Suite struct PartitionHostActorsTests {
  private typealias Host = HandDrivenHost

  private static func limits() -> PartitionLimits {
    var limits = PartitionLimits()
    limits.idleMilliseconds = 1_000
    limits.checkpointMilliseconds = 100
    return limits
  }

  /// Until everything is written and everybody idle has left.
  private func rest(_ host: inout Host) {
    for _ in 0..<20 {
      host.pass(200)
      host.settle()
    }
  }

  @Test func anIdleActorLeavesAndComesBackAsItWas() throws {
    var host = Host.serving(limits: Self.limits())
    try host.increment(5, as: 1)
    host.settle()
    #expect(host.host.status.actors == 1)
    rest(&host)
    #expect(host.host.status.actors == 0)
    #expect(try host.value()?.value == 5)
    #expect(host.host.status.actors == 1)
  }

  @Test func callsWaitForTheirActorInOrderAndOthersPass() throws {
    var host = Host.serving(limits: Self.limits())
    try host.increment(1, on: "a", as: 1)
    try host.increment(1, on: "b", as: 2)
    host.settle()
    rest(&host)
    try host.increment(1, on: "b", as: 3)
    host.settle()
    host.holdsActors = true
    let first = try host.increment(10, on: "a", as: 4)
    let second = try host.increment(100, on: "a", as: 5)
    let passing = try host.increment(1, on: "b", as: 6)
    host.settle()
    #expect(host.answers[first] == nil && host.answers[second] == nil)
    #expect(try host.reply(Int.self, to: passing) == 3)
    host.releaseActors()
    host.settle()
    #expect(try host.reply(Int.self, to: first) == 11)
    #expect(try host.reply(Int.self, to: second) == 111)
    #expect(host.actorLoads.filter { $0.id == "a" }.count == 2)
  }

  @Test func anActorIsAskedForOnce() throws {
    var host = Host.serving(limits: Self.limits())
    host.holdsActors = true
    for sequence in 1...5 as ClosedRange<UInt64> { try host.increment(1, as: sequence) }
    host.drain()
    host.releaseActors()
    host.settle()
    #expect(host.actorLoads.count == 1)
    #expect(try host.value()?.value == 5)
  }

  /// A checkpoint that lost its index would have entries applied again to rows that have them already.
  @Test func aRowFromBeyondTheStateIsNotTaken() throws {
    var host = Host.serving(limits: Self.limits())
    host.holdsActors = true
    let call = try host.increment(1, on: "a", as: 1)
    host.drain()
    let beyond = host.host.appliedIndex + 1
    host.arrive(ActorRow(actorType: "counter", actorID: "a", rowKey: "", index: beyond, value: []))
    #expect(host.host.filesFault?.contains("has a row of entry \(beyond)") == true)
    #expect(host.answers[call] != nil && !host.host.isServing)
  }

  @Test func messagesWaitForTheirActorAndAreAppliedOnce() throws {
    var host = Host.serving(limits: Self.limits())
    host.invoke(
      "transfer", try CBOREncoder().encode(CounterState.Transfer(to: "b", amount: 7)), as: Host.command(1))
    host.settle()
    host.holdsActors = true
    host.deliver()
    // Sent again while it waits.
    host.pass(600)
    host.deliver()
    host.releaseActors()
    host.deliver()
    rest(&host)
    #expect(try host.value(of: "b")?.value == 7)
    #expect(host.host.status.outboxMessages == 0)
  }

  @Test func aTimerBringsItsActorBack() throws {
    var host = Host.serving(limits: Self.limits())
    host.invoke("remind", try CBOREncoder().encode(20_000), as: Host.command(1))
    host.settle()
    rest(&host)
    #expect(host.host.status.actors == 0)
    for _ in 0..<100 {
      host.pass(200)
      host.settle()
    }
    #expect(try host.value()?.fired == 1)
  }

  @Test func manyTimersOfIdleActorsFireInTime() throws {
    var host = Host.serving(limits: Self.limits())
    for number in 1...200 as ClosedRange<UInt64> {
      host.invoke("remind", try CBOREncoder().encode(20_000), on: "c\(number)", as: Host.command(number))
    }
    host.settle()
    rest(&host)
    #expect(host.host.status.actors == 0 && host.host.status.timers == 200)
    while host.host.status.timers == 200 { host.pass(20) }
    for _ in 0..<20 { host.pass(20) }
    #expect(host.host.status.timers == 0)
  }

  @Test func whoWaitsForAnActorIsAnsweredOnceWhenTheReplicaStops() throws {
    var host = Host.serving(limits: Self.limits())
    host.holdsActors = true
    let call = try host.increment(1, as: 1)
    host.drain()
    host.failLoad()
    #expect(host.answers[call] != nil)
    host.releaseActors()
    host.settle()
    #expect(host.order.filter { $0 == call }.count == 1)
  }

  @Test func tooManyCallsThatWaitForActorsAreRefused() throws {
    var limits = Self.limits()
    limits.waitingCalls = 2
    var host = Host.serving(limits: limits)
    host.holdsActors = true
    var calls: [UInt64] = []
    for sequence in 1...3 as ClosedRange<UInt64> { calls.append(try host.increment(1, as: sequence)) }
    host.drain()
    guard case .failed(.overloaded) = host.answers[calls[2]] else {
      Issue.record("\(String(describing: host.answers[calls[2]]))")
      return
    }
    host.releaseActors()
    host.settle()
    #expect(try host.value()?.value == 2)
  }

  /// The same history on a host that evicts at once and on one that never does: the same answers, the same rows.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func evictionChangesNothing(seed: UInt64) throws {
    var eager = Self.limits()
    eager.idleMilliseconds = 0
    var hosts = [Host.serving(limits: eager), Host.serving(limits: PartitionLimits())]
    for position in hosts.indices {
      var random = SplitMix64(seed: seed)
      for sequence in 1...60 as ClosedRange<UInt64> {
        let counter = random.pick(["a", "b", "c", "d"])
        switch random.below(4) {
        case 0:
          hosts[position].invoke(
            "transfer",
            try CBOREncoder().encode(CounterState.Transfer(to: random.pick(["a", "b"]), amount: 3)),
            on: counter, as: Host.command(sequence))
        case 1:
          hosts[position].invoke(
            "remind", try CBOREncoder().encode(Int(random.below(900))), on: counter,
            as: Host.command(sequence))
        default:
          try hosts[position].increment(Int(random.below(9)), on: counter, as: sequence)
        }
        hosts[position].deliver()
        hosts[position].pass(Int64(random.below(400)))
        hosts[position].settle()
      }
      for _ in 0..<20 {
        hosts[position].deliver()
        hosts[position].pass(500)
        hosts[position].settle()
      }
    }
    #expect(hosts[0].actorLoads.count > hosts[1].actorLoads.count, "seed \(seed): nobody left")
    for counter in ["a", "b", "c", "d"] {
      let values = try hosts.indices.map { try hosts[$0].value(of: counter)?.value }
      #expect(values[0] == values[1], "seed \(seed), \(counter)")
    }
    #expect(hosts[0].alarms.isEmpty, "seed \(seed)")
  }

  // MARK: retirement

  private func retire(_ counter: String, as sequence: UInt64, on host: inout Host) throws {
    host.invoke("retire", try CBOREncoder().encode(Done()), on: counter, as: Host.command(sequence))
    host.settle()
  }

  @Test func whoIsDoneLeavesAsSoonAsItIsWritten() throws {
    var limits = Self.limits()
    limits.idleMilliseconds = 1_000_000
    var host = Host.serving(limits: limits)
    try host.increment(1, on: "stays", as: 1)
    try host.increment(1, on: "goes", as: 2)
    try retire("goes", as: 3, on: &host)
    for _ in 0..<3 { host.pass(200) }
    #expect(host.host.status.actors == 1)
    #expect(try host.value(of: "goes")?.value == 1)
  }

  @Test func afterItsRetentionWhoIsDoneIsDeleted() throws {
    var limits = Self.limits()
    limits.retention = ["counter": 60_000]
    limits.retentionMilliseconds = 5_000
    limits.retentionStep = 2
    var host = Host.serving(limits: limits)
    for (number, counter) in ["a", "b", "c", "stays"].enumerated() {
      try host.increment(1, on: counter, as: UInt64(number) + 1)
      host.settle()
    }
    for (number, counter) in ["a", "b", "c"].enumerated() {
      try retire(counter, as: UInt64(number) + 10, on: &host)
    }
    for _ in 0..<40 { host.pass(1_000); host.settle() }
    #expect(try host.value(of: "c")?.value == 1)
    for _ in 0..<60 { host.pass(1_000); host.settle() }
    for counter in ["a", "b", "c"] { #expect(try host.value(of: counter)?.value == 0, "\(counter)") }
    #expect(try host.value(of: "stays")?.value == 1)
    let everything = [RetiredActor.rowActors("counter", before: PartitionTime(milliseconds: .max))]
    #expect(host.disk.retired(everything, limit: 10, Host.partition).isEmpty)
    #expect(host.disk.load(ActorKey(type: "counter", id: "a"), of: Host.partition).rows.isEmpty)
    // A replica that starts anew knows nothing of them either.
    var restarted = Host.serving(disk: host.disk)
    restarted.now = host.now
    #expect(try restarted.value(of: "a")?.value == 0)
    #expect(try restarted.value(of: "stays")?.value == 1)
  }

  @Test func aStateThatIsTooLargeIsRelievedBeforeTheTime() throws {
    var limits = Self.limits()
    limits.retention = ["counter": 1_000_000_000]
    limits.leastRetention = 10_000
    var host = Host.serving(limits: limits)
    try retire("a", as: 1, on: &host)
    for _ in 0..<30 { host.pass(1_000); host.settle() }
    #expect(try host.value(of: "a")?.retiredAt != nil)
    host.setStateTooLarge()
    for _ in 0..<3 { host.pass(1_000); host.settle() }
    #expect(try host.value(of: "a")?.retiredAt == nil)
  }

  @Test func retiredActorsAreFoundInOrderOfTheirTime() {
    let actor = ActorKey(type: "counter", id: "x/y")
    let times: [Int64] = [0, 9, 10, 999, 1_700_000_000_000, 1_800_000_000_000]
    let rows = times.map { RetiredActor(actor, at: PartitionTime(milliseconds: $0)).row }
    #expect(rows == rows.sorted())
    for (time, row) in zip(times, rows) {
      let stored = ActorRow(
        actorType: row.actor.type, actorID: row.actor.id, rowKey: row.row, index: 1, value: [])
      #expect(RetiredActor(stored) == RetiredActor(actor, at: PartitionTime(milliseconds: time)))
      let range = RetiredActor.rowActors("counter", before: PartitionTime(milliseconds: 1_000))
      #expect(range.contains(row.actor.id) == (time < 1_000))
      #expect(
        !RetiredActor.rowActors("count", before: PartitionTime(milliseconds: .max)).contains(row.actor.id))
    }
  }
}
