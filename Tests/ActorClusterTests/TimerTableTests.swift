// Durable timers: order, replacement, stale heap entries, restoring.
import ActorCluster
import ClusterTestKit
import NodeStore
import Testing

@Suite struct TimerTableTests {
  fileprivate struct Expected: Equatable {
    var at: PartitionTime
    var actor: ActorKey
    var name: String
    var method: String
  }

  private let a = ActorKey(type: "counter", id: "a")
  private let b = ActorKey(type: "counter", id: "b/with a slash")

  private func put(_ name: String, _ at: Int64, method: String = "m") -> TimerChange {
    .put(name: name, at: PartitionTime(milliseconds: at), method: method, argument: [UInt8(at & 0x7F)])
  }

  /// Fires everything, in order.
  private func order(_ table: TimerTable) -> [String] {
    var table = table
    var names: [String] = []
    while let timer = table.next {
      names.append("\(timer.at.milliseconds) \(timer.actor.id) \(timer.name)")
      _ = table.remove(timer.actor, timer.name)
    }
    return names
  }

  @Test func timersComeByTimeThenActorThenName() throws {
    var table = TimerTable()
    for (actor, change) in [
      (b, put("x", 20)), (a, put("z", 20)), (a, put("y", 20)), (b, put("w", 5)), (a, put("v", 30)),
    ] {
      _ = try table.apply(change, of: actor)
    }
    #expect(
      order(table) == ["5 \(b.id) w", "20 a y", "20 a z", "20 \(b.id) x", "30 a v"])
  }

  @Test func aNameSetAnewReplacesTheTimerEarlierOrLater() throws {
    var table = TimerTable()
    _ = try table.apply(put("x", 10), of: a)
    _ = try table.apply(put("y", 15), of: a)
    _ = try table.apply(put("x", 20, method: "later"), of: a)
    #expect(table.next?.name == "y")
    #expect(order(table) == ["15 a y", "20 a x"])
    let changes = try table.apply(put("x", 5, method: "earlier"), of: a)
    #expect(changes.map(\.text) == ["put $timer/counter/a x"])
    #expect(table.next?.method == "earlier")
    #expect(order(table) == ["5 a x", "15 a y"])
    #expect(table.count == 2)
  }

  @Test func theSameTimeTwiceFiresOnce() throws {
    var table = TimerTable()
    for at: Int64 in [10, 20, 10, 20, 10] { _ = try table.apply(put("x", at), of: a) }
    #expect(order(table) == ["10 a x"])
  }

  @Test func cancellingIsOfOneNameOfOneActor() throws {
    var table = TimerTable()
    _ = try table.apply(put("x", 10), of: a)
    _ = try table.apply(put("x", 11), of: b)
    #expect(try table.apply(.cancel(name: "y"), of: a) == [])
    #expect(try table.apply(.cancel(name: "x"), of: a).map(\.text) == ["delete $timer/counter/a x"])
    #expect(try table.apply(.cancel(name: "x"), of: a) == [])
    #expect(order(table) == ["11 \(b.id) x"])
    _ = try table.apply(.cancel(name: "x"), of: b)
    #expect(table.next == nil)
    #expect(table.count == 0)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func anyHistoryHasTheTimersOfAModelLiveAndRestored(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let actors = (0..<4).map { ActorKey(type: "counter", id: "c/\($0)") }
    var live = TimerTable()
    var restored = live
    var model: [String: Expected] = [:]
    var rows = StoredRows()
    for step in 0..<1_200 {
      let actor = random.pick(actors)
      let name = "t\(random.below(8))"
      var changes: [RowChange] = []
      switch random.below(5) {
      case 0:
        changes = try live.apply(.cancel(name: name), of: actor)
        #expect(try restored.apply(.cancel(name: name), of: actor) == changes, "seed \(seed), step \(step)")
        model["\(actor) \(name)"] = nil
      case 1:
        guard let timer = live.next else { continue }
        changes = live.remove(timer.actor, timer.name)
        #expect(restored.remove(timer.actor, timer.name) == changes, "seed \(seed), step \(step)")
        model["\(timer.actor) \(timer.name)"] = nil
      default:
        let change = put(name, Int64(random.below(100)), method: "m\(step)")
        changes = try live.apply(change, of: actor)
        #expect(try restored.apply(change, of: actor) == changes, "seed \(seed), step \(step)")
        guard case .put(_, let at, let method, _) = change else { continue }
        model["\(actor) \(name)"] = Expected(at: at, actor: actor, name: name, method: method)
      }
      rows.apply(changes)
      if random.chance(oneIn: 20) {
        restored = TimerTable()
        for row in rows.sorted { try restored.restore(actor: row.actorID, row: row.rowKey, value: row.value) }
      }
      let expected = model.values.min { ($0.at, $0.actor, $0.name) < ($1.at, $1.actor, $1.name) }
      #expect(live.next.map { Expected($0) } == expected, "seed \(seed), step \(step)")
      #expect(restored.next == live.next, "seed \(seed), step \(step), restored")
      #expect(live.count == model.count)
      #expect(restored.count == model.count)
    }
    #expect(order(restored) == order(live), "seed \(seed)")
  }

  @Test func aRowThatNamesNoActorIsRefused() {
    var table = TimerTable()
    #expect(throws: ClusterError.self) { try table.restore(actor: "counter", row: "x", value: []) }
  }
}

extension TimerTableTests.Expected {
  fileprivate init(_ timer: TimerTable.Timer) {
    self.init(at: timer.at, actor: timer.actor, name: timer.name, method: timer.method)
  }
}
