// The simulator's checks on a history that happened, and on what a broken cluster would have made of it.
import ActorCluster
import CBOR
import ClusterTestKit
import ContactCenter
import NodeStore
import Raft
import Testing

@Suite struct PromiseChecksTests {
  private let shape: SimulationShape
  private let types: DurableTypes
  /// What all nodes applied, in the order in which they did.
  private let history: [AppliedEntry]

  init() {
    let simulation = Simulation(seed: 2)
    simulation.recorded = []
    simulation.run(seconds: 8)
    shape = simulation.shape
    types = simulation.types
    history = simulation.recorded ?? []
  }

  /// The first breach in a history.
  private func breach(_ history: [AppliedEntry]) -> String? {
    var checks = PromiseChecks(shape: shape, types: types)
    for applied in history { checks.applied(applied) }
    return checks.violation
  }

  /// The history with another payload in the place of the first record that `change` gives one for, at every node.
  private func altered(_ change: (LogRecord) -> Payload?) throws -> [AppliedEntry] {
    for original in history {
      guard case .command(let bytes) = original.entry.payload,
        let payload = change(try CBORDecoder().decode(LogRecord.self, from: bytes))
      else { continue }
      return history.map { applied in
        guard applied.partition == original.partition, applied.entry.index == original.entry.index else {
          return applied
        }
        var changed = applied
        changed.entry = LogEntry(index: applied.entry.index, term: applied.entry.term, payload: payload)
        return changed
      }
    }
    throw Missing()
  }

  private struct Missing: Error {}

  private func encoded(_ record: LogRecord) -> Payload? {
    (try? CBOREncoder().encode(record)).map { .command($0) }
  }

  @Test func whatHappenedIsNoBreach() {
    #expect(history.count > 300)
    #expect(breach(history) == nil)
  }

  @Test func anotherEntryAtOneNodeIsABreach() throws {
    var other = history
    // One that another node has applied before.
    let position = try #require(
      history.indices.last { position in
        history[position].node == 1
          && history[..<position].contains {
            $0.partition == history[position].partition && $0.entry.index == history[position].entry.index
          }
      })
    let entry = history[position].entry
    other[position].entry = LogEntry(index: entry.index, term: entry.term + 1, payload: entry.payload)
    #expect(breach(other)?.hasPrefix("P2: n2 applied another entry at \(entry.index)") == true)
  }

  @Test func aLostEntryIsABreach() throws {
    let lost = try #require(history.dropFirst(40).first)
    let rest = history.filter { $0.partition != lost.partition || $0.entry.index != lost.entry.index }
    #expect(breach(rest)?.hasPrefix("P1: ") == true)
  }

  /// The message's number comes a second time, in the place of the next message from the same partition.
  @Test func aMessageAppliedTwiceIsABreach() throws {
    var first: (PartitionID, UInt64)?
    let twice = try altered { record in
      guard case .message(let source, let sequence) = record.cause else { return nil }
      guard let last = first else {
        first = (source, sequence)
        return nil
      }
      guard last.0 == source, sequence == last.1 + 1 else { return nil }
      var again = record
      again.cause = .message(from: source, sequence: last.1)
      return encoded(again)
    }
    #expect(breach(twice)?.hasPrefix("P3: ") == true)
  }

  @Test func anEarlyTimerIsABreach() throws {
    let early = try altered { record in
      guard case .timer = record.cause else { return nil }
      var early = record
      // Before any: it may have been set when its partition did not know the time yet.
      early.time = record.time.advanced(byMilliseconds: -record.time.milliseconds)
      return encoded(early)
    }
    #expect(breach(early)?.contains(" early") == true)
  }

  @Test func timeAheadOfAllClocksIsABreach() throws {
    let ahead = try altered { record in
      // Before the clocks are known there is no time.
      guard record.time.milliseconds > 1_600_000_000_000 else { return nil }
      var ahead = record
      ahead.time = record.time.advanced(byMilliseconds: 3_600_000)
      return encoded(ahead)
    }
    #expect(breach(ahead)?.hasPrefix("P5: the time of ") == true)
  }

  /// Without its only offer, the answer that followed it has no right to be.
  @Test func anInteractionThatSkipsAStageIsABreach() throws {
    var offers: [ActorKey: Set<LogIndex>] = [:]
    var answered: Set<ActorKey> = []
    for applied in history {
      guard case .command(let bytes) = applied.entry.payload else { continue }
      let record = try CBORDecoder().decode(LogRecord.self, from: bytes)
      guard let actor = record.actor else { continue }
      for event in interactionEvents(of: record) {
        switch event {
        case .offered: offers[actor, default: []].insert(applied.entry.index)
        case .answered: answered.insert(actor)
        default: break
        }
      }
    }
    let skipped = try altered { record in
      guard let actor = record.actor, offers[actor]?.count == 1, answered.contains(actor),
        interactionEvents(of: record).contains(where: { if case .offered = $0 { true } else { false } })
      else { return nil }
      var silent = record
      silent.events = []
      return encoded(silent)
    }
    #expect(breach(skipped)?.hasPrefix("P4: interaction ") == true)
  }

  private func interactionEvents(of record: LogRecord) -> [InteractionEvent] {
    guard let actor = record.actor, !record.events.isEmpty, let type = types.types[actor.type],
      let events = try? type.decodeEvents(record.events)
    else { return [] }
    return events.compactMap { $0 as? InteractionEvent }
  }

  @Test func twoLeadersInATermAreABreach() {
    var checks = PromiseChecks(shape: shape, types: types)
    let partition = PartitionID(rawValue: 0)
    checks.elected(ReplicaID(rawValue: 1), partition, term: 4)
    checks.elected(ReplicaID(rawValue: 1), partition, term: 4)
    checks.elected(ReplicaID(rawValue: 2), partition, term: 5)
    #expect(checks.violation == nil)
    checks.elected(ReplicaID(rawValue: 2), partition, term: 4)
    #expect(checks.violation?.hasPrefix("P2: ") == true)
  }
}
