// Durable timers of a partition's actors: a pure value, part of the replicated state.
internal import CBOR
internal import HeapModule

/// Timers by (actor, name), with the next one due at hand. Setting and firing cost the logarithm of their number.
package struct TimerTable: Sendable {
  package struct Timer: Equatable, Sendable {
    package let actor: ActorKey
    package let name: String
    package let at: PartitionTime
    package let method: String
    package let argument: [UInt8]
  }

  package static let rowType = "$timer"

  private struct Name: Hashable, Comparable, Sendable {
    var actor: ActorKey
    var name: String

    static func < (lhs: Self, rhs: Self) -> Bool {
      lhs.actor == rhs.actor ? lhs.name < rhs.name : lhs.actor < rhs.actor
    }
  }

  private struct Due: Comparable, Sendable {
    var at: PartitionTime
    var name: Name

    static func < (lhs: Self, rhs: Self) -> Bool {
      lhs.at == rhs.at ? lhs.name < rhs.name : lhs.at < rhs.at
    }
  }

  private struct Stored: Codable {
    var at: PartitionTime
    var method: String
    var argument: [UInt8]

    enum CodingKeys: Int, CodingKey {
      case at = 0
      case method = 1
      case argument = 2
    }
  }

  private var timers: [Name: Timer] = [:]
  /// Has every timer; also entries of timers that were replaced or cancelled, dropped when they come up or
  /// when they are the most.
  private var due = Heap<Due>()

  package init() {}

  package var count: Int { timers.count }

  /// The timer that is due first; equal times in order of actor and name.
  package var next: Timer? {
    guard let first = due.min else { return nil }
    return timers[first.name]
  }

  /// Whether this very timer is set.
  package func contains(_ timer: Timer) -> Bool {
    timers[Name(actor: timer.actor, name: timer.name)] == timer
  }

  /// The timers that are due, the first one first; equal times in order of actor and name. They stay in the table.
  package mutating func due(by time: PartitionTime, limit: Int) -> [Timer] {
    var found: [Timer] = []
    var taken: [Due] = []
    while found.count < limit, let first = due.min, first.at <= time {
      due.removeMin()
      // What was replaced or cancelled is dropped.
      guard let timer = timers[first.name], timer.at == first.at, found.last != timer else { continue }
      taken.append(first)
      found.append(timer)
    }
    due.insert(contentsOf: taken)
    return found
  }

  package mutating func apply(_ change: TimerChange, of actor: ActorKey) throws -> [RowChange] {
    switch change {
    case .put(let name, let at, let method, let argument):
      let timer = Timer(actor: actor, name: name, at: at, method: method, argument: argument)
      insert(timer)
      dropStale()
      let stored = Stored(at: at, method: method, argument: argument)
      return [.put(Self.row(actor, name), try CBOREncoder().encode(stored))]
    case .cancel(let name):
      return remove(actor, name)
    }
  }

  /// The timer fired or was cancelled.
  package mutating func remove(_ actor: ActorKey, _ name: String) -> [RowChange] {
    guard timers.removeValue(forKey: Name(actor: actor, name: name)) != nil else { return [] }
    dropStale()
    return [.delete(Self.row(actor, name))]
  }

  package mutating func restore(actor text: String, row: String, value: [UInt8]) throws {
    guard let slash = text.firstIndex(of: "/") else {
      throw ClusterError.invalidCall("stored timer names no actor: '\(text)'")
    }
    let actor = ActorKey(type: String(text[..<slash]), id: String(text[text.index(after: slash)...]))
    let stored = try CBORDecoder().decode(Stored.self, from: value)
    insert(
      Timer(actor: actor, name: row, at: stored.at, method: stored.method, argument: stored.argument))
  }

  private mutating func insert(_ timer: Timer) {
    let name = Name(actor: timer.actor, name: timer.name)
    timers[name] = timer
    due.insert(Due(at: timer.at, name: name))
  }

  private mutating func dropStale() {
    while let first = due.min, timers[first.name]?.at != first.at {
      due.removeMin()
    }
    if due.count > 64, due.count > 2 * timers.count {
      due = Heap(timers.map { Due(at: $0.value.at, name: $0.key) })
    }
  }

  private static func row(_ actor: ActorKey, _ name: String) -> RowID {
    RowID(actor: ActorKey(type: rowType, id: actor.description), row: name)
  }
}
