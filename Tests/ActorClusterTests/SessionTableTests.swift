// Replies by command id, one rule at a time.
import ActorCluster
import Testing

@Suite struct SessionTableTests {
  private static let hour: Int64 = 3_600_000
  private let session = SessionID(high: 0, low: 1)
  private let other = SessionID(high: 0, low: 2)

  private func id(_ sequence: UInt64) -> CommandID { CommandID(session: session, sequence: sequence) }

  private func time(hours: Int64) -> Int64 { hours * Self.hour }

  private func limits(replies: Int = 4_096, partition: Int = 200_000, hours: Int64 = 24)
    -> SessionTable.Limits
  {
    var limits = SessionTable.Limits()
    limits.repliesPerSession = replies
    limits.repliesPerPartition = partition
    limits.retentionHours = hours
    return limits
  }

  @Test func aRetryFindsItsReply() throws {
    var table = SessionTable()
    #expect(table.lookup(id(1)) == .new)
    _ = table.record(id(1), reply: [1], firstOutstanding: 1, at: time(hours: 0))
    _ = table.record(id(2), reply: [2], firstOutstanding: 1, at: time(hours: 0))
    #expect(table.lookup(id(1)) == .replied([1]))
    #expect(table.lookup(id(2)) == .replied([2]))
    #expect(table.lookup(id(3)) == .new)
    #expect(table.lookup(CommandID(session: other, sequence: 1)) == .new)
    #expect(table.count == 2)
  }

  @Test func whatTheCallerHasIsForgottenAndNeverRunAgain() throws {
    var table = SessionTable()
    for sequence: UInt64 in 1...3 {
      _ = table.record(id(sequence), reply: [UInt8(sequence)], firstOutstanding: 1, at: time(hours: 0))
    }
    let changes = table.record(id(4), reply: [4], firstOutstanding: 3, at: time(hours: 0))
    #expect(table.lookup(id(1)) == .forgotten)
    #expect(table.lookup(id(2)) == .forgotten)
    #expect(table.lookup(id(3)) == .replied([3]))
    #expect(table.lookup(id(4)) == .replied([4]))
    #expect(table.count == 2)
    let name = "$session/\(session)"
    #expect(
      changes.map(\.text) == [
        "put \(name) 0000000000000004", "delete \(name) 0000000000000001", "delete \(name) 0000000000000002",
        "put \(name) header",
      ])
  }

  @Test func commandsMayComeOutOfOrder() throws {
    var table = SessionTable()
    for sequence: UInt64 in [5, 2, 9, 3] {
      _ = table.record(id(sequence), reply: [UInt8(sequence)], firstOutstanding: 1, at: time(hours: 0))
    }
    #expect(table.lookup(id(4)) == .new)
    #expect(table.lookup(id(3)) == .replied([3]))
    _ = table.record(id(4), reply: [4], firstOutstanding: 4, at: time(hours: 0))
    #expect(table.lookup(id(1)) == .forgotten)
    #expect(table.lookup(id(3)) == .forgotten)
    #expect(table.lookup(id(5)) == .replied([5]))
    #expect(table.lookup(id(9)) == .replied([9]))
  }

  @Test func aSessionKeepsSoManyRepliesAndNoMore() throws {
    var table = SessionTable(limits: limits(replies: 3))
    for sequence: UInt64 in 1...10 {
      _ = table.record(id(sequence), reply: [UInt8(sequence)], firstOutstanding: 0, at: time(hours: 0))
    }
    #expect(table.count == 3)
    #expect(table.lookup(id(7)) == .forgotten)
    #expect(table.lookup(id(8)) == .replied([8]))
  }

  @Test func aFullPartitionStillAnswersRetriesAndSaysWhatIsForgotten() throws {
    var table = SessionTable(limits: limits(partition: 2))
    _ = table.record(id(1), reply: [1], firstOutstanding: 1, at: time(hours: 0))
    _ = table.record(id(2), reply: [2], firstOutstanding: 2, at: time(hours: 0))
    _ = table.record(
      CommandID(session: other, sequence: 1), reply: [], firstOutstanding: 1, at: time(hours: 0))
    #expect(table.lookup(id(1)) == .forgotten)
    #expect(table.lookup(id(2)) == .replied([2]))
    #expect(table.lookup(id(3)) == .full)
  }

  @Test func anIdleSessionIsDroppedWithItsRowsAfterItsHours() throws {
    var table = SessionTable(limits: limits(hours: 2))
    _ = table.record(id(1), reply: [1], firstOutstanding: 1, at: time(hours: 10))
    _ = table.record(
      CommandID(session: other, sequence: 1), reply: [], firstOutstanding: 1, at: time(hours: 12))
    #expect(table.expire(at: time(hours: 13) - 1) == [])
    #expect(table.lookup(id(1)) == .replied([1]))
    #expect(!table.isExpiryDue(at: time(hours: 13) - 1))
    #expect(table.isExpiryDue(at: time(hours: 13)))
    #expect(
      table.expire(at: time(hours: 13)).map(\.text) == [
        "delete $session/\(session) 0000000000000001", "delete $session/\(session) header",
      ])
    #expect(table.expire(at: time(hours: 13)) == [])
    #expect(table.count == 1)
  }

  /// A refused command leaves no reply. Once its caller is done with it, a late duplicate is not executed.
  @Test func whatTheCallerIsDoneWithIsForgottenAlsoWithoutAReply() throws {
    var table = SessionTable()
    let changes = table.record(id(4), reply: [4], firstOutstanding: 4, at: time(hours: 0))
    #expect(table.lookup(id(3)) == .forgotten)
    #expect(table.lookup(id(4)) == .replied([4]))
    #expect(changes.map(\.text).last == "put $session/\(session) header")
    // A caller cannot give up numbers that it has not reached.
    _ = table.record(id(5), reply: [5], firstOutstanding: .max, at: time(hours: 0))
    #expect(table.lookup(id(5)) == .forgotten)
    #expect(table.lookup(id(6)) == .new)
  }

  @Test func aSessionThatIsUsedLives() throws {
    var table = SessionTable(limits: limits(hours: 2))
    for hour: Int64 in 0...20 {
      #expect(table.expire(at: time(hours: hour)) == [])
      _ = table.record(id(UInt64(hour)), reply: [UInt8(hour)], firstOutstanding: 0, at: time(hours: hour))
    }
    #expect(table.lookup(id(0)) == .replied([0]))
  }

  @Test func aRowThatNamesNoSessionIsRefused() throws {
    var table = SessionTable()
    #expect(throws: ClusterError.self) {
      try table.restore(session: "not a session", row: "header", value: [])
    }
  }
}
