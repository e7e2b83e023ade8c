// Which key a client uses and what it asks of it, from a seed. Pure.
import ClusterTestKit

/// One key's life: it is used until it has seen enough operations, and read once more at the end of the campaign.
package struct KeyRecord: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// Reads, writes, compare-and-sets and additions.
    case register
    /// Reads and additions of positive amounts: what it must be at the end can be counted without the checker.
    case counter
  }

  package var kind: Kind
  package var name: String
  package var invoked = 0
  package var open = 0
  /// Changes of unknown outcome.
  package var unknownChanges = 0
  /// Lines of the history that name it.
  package var lines = 0
  /// Pairs of its operations that were under way at the same time.
  package var overlappingPairs = 0
  /// What its last acknowledged operation said it is: a guess worth swapping against.
  package var lastSeen: Int?
  package var acknowledgedSum = 0
  package var unknownSum = 0
  package var acknowledgedAdds = 0
  package var finalRead = FinalRead.unread

  /// What the read at the end of the campaign said. Null is an answer, no answer is none.
  package enum FinalRead: Equatable, Sendable {
    case unread
    case value(Int?)
  }
}

/// The keys of a campaign in generations: few at a time, each for some hundred operations, so that a check of any one of
/// them stays small however long the campaign is.
package struct Workload: Sendable {
  package private(set) var keys: [KeyRecord] = []
  private var slots: [Int] = []
  private var random: SplitMix64
  private var nextValue = 0
  private let operationsPerKey: Int
  private let unknownsPerKey: Int

  /// - Parameter slots: how many keys are in use at a time; at least one.
  package init(slots: Int, operationsPerKey: Int, unknownsPerKey: Int, seed: UInt64) {
    self.operationsPerKey = operationsPerKey
    self.unknownsPerKey = unknownsPerKey
    random = SplitMix64(seed: seed)
    self.slots = []
    for _ in 0..<max(1, slots) { self.slots.append(newKey()) }
  }

  package var slotCount: Int { slots.count }

  /// The next operation of a client of that slot: it counts as invoked.
  package mutating func begin(slot: Int) -> (key: Int, call: RegisterCall) {
    if isWornOut(keys[slots[slot]]) { slots[slot] = newKey() }
    let key = slots[slot]
    let call = draw(for: keys[key])
    begin(key: key)
    return (key, call)
  }

  /// The read of a key after the campaign: it counts as invoked.
  package mutating func beginFinalRead(of key: Int) { begin(key: key) }

  package mutating func end(key: Int, call: RegisterCall, outcome: RegisterOutcome) {
    keys[key].open -= 1
    keys[key].lines += 1
    switch (call, outcome) {
    case (_, .unknown):
      if call.isChange { keys[key].unknownChanges += 1 }
      if case .add(let delta) = call { keys[key].unknownSum += delta }
    case (_, .value(let number)):
      keys[key].lastSeen = number
    case (.write(let value), .done), (.compareAndSet(_, let value), .swapped(true)):
      keys[key].lastSeen = value
    case (.add(let delta), .total(let total)):
      keys[key].lastSeen = total
      keys[key].acknowledgedSum += delta
      keys[key].acknowledgedAdds += 1
    default: break
    }
  }

  /// What the final read of a key said.
  package mutating func setFinal(_ value: Int?, of key: Int) { keys[key].finalRead = .value(value) }

  private mutating func begin(key: Int) {
    keys[key].overlappingPairs += keys[key].open
    keys[key].open += 1
    keys[key].invoked += 1
    keys[key].lines += 1
  }

  private func isWornOut(_ key: KeyRecord) -> Bool {
    key.invoked >= operationsPerKey || key.unknownChanges >= unknownsPerKey
  }

  private mutating func newKey() -> Int {
    let kind: KeyRecord.Kind = random.next() % 5 < 2 ? .counter : .register
    keys.append(KeyRecord(kind: kind, name: "\(kind == .counter ? "c" : "r")\(keys.count)"))
    return keys.count - 1
  }

  private mutating func draw(for key: KeyRecord) -> RegisterCall {
    let die = random.next() % 100
    switch key.kind {
    case .counter:
      return die < 30 ? .read : .add(amount())
    case .register:
      switch die {
      case 0..<40: return .read
      case 40..<65: return .write(value())
      case 65..<90: return .compareAndSet(from: key.lastSeen, to: value())
      default: return .add(amount())
      }
    }
  }

  /// Different for every write, so that a read says whose value it saw.
  private mutating func value() -> Int {
    nextValue += 1
    return nextValue
  }

  private mutating func amount() -> Int { 1 + Int(random.next() % 1_000_000) }
}
