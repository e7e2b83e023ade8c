// What a campaign decides beforehand and how it measures: values, tested without a cluster.
import ClusterTestKit
import Testing
import kill_campaign

@Suite struct CampaignPlanTests {
  @Test func killsComeFromTheSeed() {
    func rounds(_ seed: UInt64) -> [KillRound] {
      var schedule = KillSchedule(nodes: 3, seed: seed)
      return (0..<300).map { _ in schedule.next() }
    }
    #expect(rounds(7) == rounds(7))
    #expect(rounds(7) != rounds(8))
    for round in rounds(7) {
      #expect((1...2).contains(round.kills.count))
      #expect(Set(round.kills.map(\.node)).count == round.kills.count)
      for kill in round.kills {
        #expect((0..<3).contains(kill.node))
        #expect(kill.restartAt >= kill.at && kill.restartAt <= KillSchedule.longestRound)
      }
    }
    let victims = rounds(7).map { $0.kills[0].node }
    for node in 0..<3 { #expect(victims.count { $0 == node } > 60) }
    #expect((10...60).contains(rounds(7).count { $0.kills.count == 2 }))
    #expect(rounds(7).contains { $0.kills[0].restartAt == 0 })
    #expect(rounds(7).contains { $0.kills[0].restartAt > 500 })
  }

  @Test func aKeyIsReplacedWhenItIsWornOut() {
    var work = Workload(slots: 2, operationsPerKey: 100, unknownsPerKey: 4, seed: 1)
    for _ in 0..<1_000 {
      let (key, call) = work.begin(slot: 0)
      work.end(key: key, call: call, outcome: .failed)
    }
    #expect(work.keys.count == 11)
    #expect(work.keys.allSatisfy { $0.invoked <= 100 && $0.open == 0 })
    let before = work.keys.count
    var unknown = 0
    while unknown < 40 {
      let (key, call) = work.begin(slot: 1)
      if call.isChange { unknown += 1 }
      work.end(key: key, call: call, outcome: .unknown)
    }
    #expect(work.keys.count >= before + 9)
    #expect(work.keys.allSatisfy { $0.unknownChanges <= 4 })
  }

  @Test func additionsAreCountedByOutcome() {
    var work = Workload(slots: 1, operationsPerKey: 100_000, unknownsPerKey: 100_000, seed: 3)
    var (acknowledged, unknown) = (0, 0)
    for step in 0..<2_000 {
      let (key, call) = work.begin(slot: 0)
      guard case .add(let delta) = call else {
        work.end(key: key, call: call, outcome: .failed)
        continue
      }
      #expect(delta > 0)
      if step % 3 == 0 { unknown += delta } else { acknowledged += delta }
      work.end(key: key, call: call, outcome: step % 3 == 0 ? .unknown : .total(0))
    }
    #expect(work.keys.count == 1)
    #expect(work.keys[0].acknowledgedSum == acknowledged && work.keys[0].unknownSum == unknown)
    #expect(acknowledged > 0 && unknown > 0)
  }

  @Test func overlapIsMeasured() {
    // Two operations side by side from 0 to 10 and from 5 to 15, then one alone from 20 to 25.
    var meter = OverlapMeter(now: 0)
    meter.began(now: 0)
    meter.began(now: 5)
    meter.ended(now: 10)
    meter.ended(now: 15)
    meter.began(now: 20)
    meter.ended(now: 25)
    #expect(meter.timeAverage == 1)
    #expect(abs(meter.averageOverlap - 2.0 / 3) < 1e-9)
  }

  @Test func gapsAreMeasuredFromKillToKill() {
    var meter = GapMeter(slots: 2, now: 0)
    meter.acknowledged(slot: 0, now: 50)
    meter.acknowledged(slot: 1, now: 60)
    meter.killed(now: 100)
    meter.acknowledged(slot: 0, now: 110)
    meter.acknowledged(slot: 1, now: 190)
    meter.killed(now: 200)
    meter.acknowledged(slot: 0, now: 210)
    meter.killed(now: 500)
    #expect(meter.overall == [80, 290])
    #expect(meter.bySlot == [130, 310])
  }

  @Test func patienceFollowsTheShareOfUnknownOutcomes() {
    var patience = Patience(start: 100, target: 0.01, seed: 1)
    patience.adjust(unknown: 0.01)
    #expect(patience.short == 100)
    patience.adjust(unknown: 0.02)
    #expect(patience.short > 100)
    for _ in 0..<100 { patience.adjust(unknown: 0) }
    #expect(patience.short == Double(Patience.shortest))
    for _ in 0..<100 { patience.adjust(unknown: 1) }
    #expect(patience.short == Double(Patience.longest))
    var fixed = Patience(start: 100, target: nil, seed: 1)
    fixed.adjust(unknown: 0)
    #expect(fixed.short == 100)
    let waits = (0..<1_000).map { _ in fixed.next() }
    #expect(Set(waits) == [100, Patience.patient])
    #expect(fixed.rest(after: 0) == 0)
    for unknowns in 1...20 { #expect((50...1_000).contains(fixed.rest(after: unknowns))) }
  }
}
