// Calls of peers that run in tasks here: so that they end when nobody waits for them any more. A pure value.

/// Each by its link and its number there, with a deadline if its caller has one.
package struct RunningCalls<Work: Sendable>: Sendable {
  private struct Key: Hashable, Sendable {
    var link: UInt32
    var call: UInt64
  }

  private struct Entry: Sendable {
    var place: Int
    /// Nil until it is begun.
    var work: Work?
    /// Nobody waits for it any more.
    var isUnwanted = false
  }

  private struct Place: Sendable {
    var key: Key
    var hasDeadline: Bool
  }

  private var entries: [Key: Entry] = [:]
  private var places: [Place] = []
  private var free: [Int] = []
  private var wheel = TimerWheel()

  package init() {}

  package var count: Int { entries.count }
  package var timers: Int { wheel.count }

  /// - Returns: false when a call of this number runs already: a link's numbers are its own.
  package mutating func open(link: UInt32, call: UInt64, until deadline: Int64?) -> Bool {
    let key = Key(link: link, call: call)
    guard entries[key] == nil else { return false }
    let place = Place(key: key, hasDeadline: deadline != nil)
    let index: Int
    if let last = free.popLast() {
      index = last
      places[index] = place
    } else {
      index = places.count
      places.append(place)
    }
    entries[key] = Entry(place: index)
    if let deadline { wheel.set(index, deadline) }
    return true
  }

  /// - Returns: whether it is to be cancelled at once. One that has ended already is not kept.
  package mutating func attach(_ work: Work, link: UInt32, call: UInt64) -> Bool {
    let key = Key(link: link, call: call)
    entries[key]?.work = work
    return entries[key]?.isUnwanted ?? false
  }

  /// It has ended.
  package mutating func remove(link: UInt32, call: UInt64) {
    guard let entry = entries.removeValue(forKey: Key(link: link, call: call)) else { return }
    if places[entry.place].hasDeadline { wheel.clear(entry.place) }
    places[entry.place].hasDeadline = false
    free.append(entry.place)
  }

  /// Nobody waits for it any more. It stays until it has ended.
  package mutating func unwanted(link: UInt32, call: UInt64) -> Work? {
    let key = Key(link: link, call: call)
    entries[key]?.isUnwanted = true
    return entries[key]?.work
  }

  package mutating func unwanted(link: UInt32) -> [Work] {
    let keys = entries.keys.filter { $0.link == link }.sorted { $0.call < $1.call }
    return keys.compactMap { unwanted(link: link, call: $0.call) }
  }

  /// Those whose time is over.
  package mutating func expired(now: Int64) -> [Work] {
    wheel.advance(to: now).compactMap { index in
      places[index].hasDeadline = false
      return unwanted(link: places[index].key.link, call: places[index].key.call)
    }
  }
}
