// Random histories of the session table: what a model says, and restored from rows equal to live.
import ActorCluster
import ClusterTestKit
import NodeStore
import Testing

@Suite struct SessionTableHistoryTests {
  /// The rules of the table, written as plainly as they can be.
  private struct Model {
    struct Session {
      var replies: [UInt64: [UInt8]] = [:]
      var floor: UInt64 = 0
      var hour: Int64 = 0
    }

    let limits: SessionTable.Limits
    var sessions: [SessionID: Session] = [:]

    var count: Int { sessions.values.reduce(0) { $0 + $1.replies.count } }

    func lookup(_ id: CommandID) -> SessionTable.Lookup {
      let session = sessions[id.session] ?? Session()
      if let reply = session.replies[id.sequence] { return .replied(reply) }
      if id.sequence < session.floor { return .forgotten }
      return count >= limits.repliesPerPartition ? .full : .new
    }

    mutating func record(_ id: CommandID, _ reply: [UInt8], _ firstOutstanding: UInt64, hour: Int64) {
      var session = sessions[id.session] ?? Session()
      session.replies[id.sequence] = reply
      session.hour = hour
      while let first = session.replies.keys.min(),
        first < firstOutstanding || session.replies.count > limits.repliesPerSession
      {
        session.replies[first] = nil
        session.floor = max(session.floor, first + 1)
      }
      session.floor = max(session.floor, min(firstOutstanding, id.sequence))
      sessions[id.session] = session
    }

    mutating func expire(hour: Int64) {
      sessions = sessions.filter { $0.value.hour >= hour - limits.retentionHours }
    }
  }

  private static func restored(_ rows: StoredRows, _ limits: SessionTable.Limits) throws -> SessionTable {
    var table = SessionTable(limits: limits)
    for row in rows.sorted { try table.restore(session: row.actorID, row: row.rowKey, value: row.value) }
    return table
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func liveModelAndRestoredAgree(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var limits = SessionTable.Limits()
    limits.repliesPerSession = 4
    limits.repliesPerPartition = 18
    limits.retentionHours = 2
    let sessions = (0..<6).map { SessionID(high: UInt64($0) << 40, low: seed) }
    var live = SessionTable(limits: limits)
    var restored = live
    var model = Model(limits: limits)
    var rows = StoredRows()
    var now: Int64 = Int64(seed) * 1_000_000
    for step in 0..<400 {
      now += random.chance(oneIn: 12) ? Int64(random.below(9_000_000)) : Int64(random.below(60_000))
      model.expire(hour: now / 3_600_000)
      let expired = live.expire(at: now)
      #expect(restored.expire(at: now) == expired, "seed \(seed), step \(step)")
      try rows.apply(expired)
      let id = CommandID(session: random.pick(sessions), sequence: random.next() % 24)
      let expected = model.lookup(id)
      #expect(live.lookup(id) == expected, "seed \(seed), step \(step)")
      // The host records new ids only.
      guard expected == .new else { continue }
      let reply = [UInt8(truncatingIfNeeded: step)]
      let outstanding = random.chance(oneIn: 3) ? random.next() % 24 : 0
      model.record(id, reply, outstanding, hour: now / 3_600_000)
      let changes = live.record(id, reply: reply, firstOutstanding: outstanding, at: now)
      let again = restored.record(id, reply: reply, firstOutstanding: outstanding, at: now)
      #expect(changes == again, "seed \(seed), step \(step): a restored replica writes other rows")
      #expect(live.count == model.count, "seed \(seed), step \(step)")
      try rows.apply(changes)
      if random.chance(oneIn: 9) { restored = try Self.restored(rows, limits) }
      for session in sessions {
        for sequence: UInt64 in 0..<24 {
          let id = CommandID(session: session, sequence: sequence)
          let expected = model.lookup(id)
          if live.lookup(id) != expected || restored.lookup(id) != expected {
            Issue.record(
              "seed \(seed), step \(step), \(id): \(live.lookup(id)), restored \(restored.lookup(id)), not \(expected)"
            )
          }
        }
      }
    }
    let kept = rows.sorted.filter { $0.rowKey != "header" }.count
    #expect(kept == live.count, "seed \(seed): rows of forgotten replies are left over")
  }
}
