// The actors of a partition that are in memory, and who of them leaves it when: a value.
internal import DequeModule
package import Raft

/// Most actors that ever were are done: only those in use are held. Who is not here is on the disk, or was never there.
///
/// An actor may leave once its rows are in the state file. Whoever is done for good (`DurableState.retiredAt`), or turned out
/// to have no rows, leaves as soon as that is so; the others when nobody has used them for a while.
package struct ActorTable: Sendable {
  private struct Resident: Sendable {
    var slot: any ActorSlot
    /// The last entry that touched it, committed or not; 0 if none has since it came.
    var lastIndex: LogIndex = 0
    /// When it was used last, on the host's clock.
    var lastUsed: Int64
    /// Tells this stay from earlier ones.
    var stay: UInt64
    var isVacant: Bool
  }

  private struct Stay: Sendable {
    var key: ActorKey
    var number: UInt64
  }

  private var residents: [ActorKey: Resident] = [:]
  /// Everybody, the one who was looked at longest ago first; also stays that have ended.
  private var round: Deque<Stay> = []
  /// Those who leave as soon as they may.
  private var leaving: Deque<Stay> = []
  private var nextStay: UInt64 = 1
  /// Milliseconds on the host's clock that only runs forward.
  package var now: Int64 = 0

  package init() {}

  package var count: Int { residents.count }

  /// Stays that are looked at in turn, ended ones among them.
  package var stays: Int { round.count }

  package func contains(_ key: ActorKey) -> Bool { residents[key] != nil }

  package subscript(key: ActorKey) -> (any ActorSlot)? { residents[key]?.slot }

  /// - Parameter isVacant: no row of it is stored.
  package mutating func insert(_ key: ActorKey, _ slot: any ActorSlot, isVacant: Bool) {
    let stay = Stay(key: key, number: nextStay)
    nextStay += 1
    residents[key] = Resident(slot: slot, lastUsed: now, stay: stay.number, isVacant: isVacant)
    round.append(stay)
    if isVacant || slot.retiredAt != nil { leaving.append(stay) }
  }

  package mutating func use(_ key: ActorKey) {
    residents[key]?.lastUsed = now
  }

  /// Folds events in, in place: a large actor's state must not be copied for a small event. Nil for an actor that is not here.
  /// - Returns: what changed, and when the actor retired if these events made it.
  package mutating func apply(
    _ events: [UInt8], to key: ActorKey, at time: PartitionTime, index: LogIndex
  ) throws -> (changes: Changes, retiredAt: PartitionTime?)? {
    // Looked up once: this is on the way of every commit.
    guard let place = residents.index(forKey: key) else { return nil }
    let wasRetired = residents.values[place].slot.retiredAt != nil
    let changes = try residents.values[place].slot.apply(events, at: time)
    residents.values[place].lastIndex = index
    residents.values[place].lastUsed = now
    residents.values[place].isVacant = false
    guard !wasRetired, let retiredAt = residents.values[place].slot.retiredAt else { return (changes, nil) }
    leaving.append(Stay(key: key, number: residents.values[place].stay))
    return (changes, retiredAt)
  }

  package mutating func remove(_ key: ActorKey) {
    residents[key] = nil
  }

  /// Puts one that was never used in the place of one that is deleted. It stays until that is in the state file: whoever
  /// looked there before would find the old rows.
  package mutating func renew(_ key: ActorKey, _ slot: any ActorSlot, index: LogIndex) {
    insert(key, slot, isVacant: true)
    residents[key]?.lastIndex = index
  }

  /// Lets some of those go who may: a few in each call, so that it costs the same however many there are.
  /// - Parameters:
  ///   - checkpointed: what entries up to this one changed is in the state file.
  ///   - idle: who was used within so many milliseconds stays.
  package mutating func evict(checkpointed: LogIndex, idle: Int64) {
    for _ in 0..<256 {
      guard let first = leaving.first else { break }
      if let resident = stays(first), resident.isVacant || resident.slot.retiredAt != nil {
        guard resident.lastIndex <= checkpointed else { break }
        residents[first.key] = nil
      }
      leaving.removeFirst()
    }
    // More while many have left since they were looked at.
    let most = round.count > 2 * residents.count ? 256 : 16
    var looked = 0
    for _ in 0..<256 {
      guard looked < most, let first = round.popFirst() else { break }
      // Without a copy of the state: they are looked at in every tick.
      guard let place = residents.index(forKey: first.key), residents.values[place].stay == first.number
      else { continue }
      looked += 1
      if residents.values[place].lastIndex <= checkpointed, now - residents.values[place].lastUsed >= idle {
        residents.remove(at: place)
      } else {
        round.append(first)
      }
    }
  }

  private func stays(_ stay: Stay) -> Resident? {
    guard let resident = residents[stay.key], resident.stay == stay.number else { return nil }
    return resident
  }
}
