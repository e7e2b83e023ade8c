// A binary heap from which anything can be taken: what is in it is found by a slot. Pure.

/// The smallest key first. Each value has a slot from its insertion to its removal, by which its key is changed or it is taken out,
/// in logarithmic time: nothing that no longer holds is ever left inside, so that no later step has to clear it away.
struct SlotHeap<Key: Comparable & Sendable>: Sendable {
  struct Item: Sendable {
    var key: Key
    /// A number: of an agent, of an interaction.
    var value: Int32
    fileprivate var slot: Int32

    /// Equal keys are in order of their values, so that the order does not follow from the history.
    fileprivate func precedes(_ other: Item) -> Bool {
      if key < other.key { return true }
      return key == other.key && value < other.value
    }
  }

  /// No slot.
  static var none: Int32 { -1 }

  private var items: [Item] = []
  /// By slot: where its item is; of a free slot, the next free one.
  private var places: [Int32] = []
  private var freeSlot: Int32 = -1

  var count: Int { items.count }
  var isEmpty: Bool { items.isEmpty }
  var first: Item? { items.first }

  /// In no order.
  var values: [Int] { items.map { Int($0.value) } }

  mutating func insert(_ key: Key, _ value: Int) -> Int32 {
    let slot: Int32
    if freeSlot >= 0 {
      slot = freeSlot
      freeSlot = places[Int(slot)]
    } else {
      slot = Int32(places.count)
      places.append(0)
    }
    items.append(Item(key: key, value: Int32(value), slot: slot))
    raise(items.count - 1)
    return slot
  }

  mutating func remove(_ slot: Int32) {
    let place = Int(places[Int(slot)])
    let last = items.removeLast()
    if place < items.count {
      items[place] = last
      settle(place)
    }
    places[Int(slot)] = freeSlot
    freeSlot = slot
    if items.isEmpty { self = SlotHeap() }
  }

  mutating func update(_ slot: Int32, _ key: Key) {
    let place = Int(places[Int(slot)])
    guard items[place].key != key else { return }
    items[place].key = key
    settle(place)
  }

  func key(of slot: Int32) -> Key? { slot >= 0 ? items[Int(places[Int(slot)])].key : nil }

  /// The first one that will do, in order. Costs the square of the number passed over.
  func first(where willDo: (Int) -> Bool) -> Item? {
    guard !items.isEmpty else { return nil }
    // Whatever is next is among the children of what was passed over.
    var edge = [0]
    while !edge.isEmpty {
      var best = 0
      for candidate in edge.indices.dropFirst() where items[edge[candidate]].precedes(items[edge[best]]) {
        best = candidate
      }
      let place = edge.remove(at: best)
      if willDo(Int(items[place].value)) { return items[place] }
      for child in [2 * place + 1, 2 * place + 2] where child < items.count { edge.append(child) }
    }
    return nil
  }

  // MARK: order

  private mutating func settle(_ place: Int) {
    if place > 0, items[place].precedes(items[(place - 1) / 2]) { raise(place) } else { sink(place) }
  }

  private mutating func put(_ item: Item, _ place: Int) {
    items[place] = item
    places[Int(item.slot)] = Int32(place)
  }

  private mutating func raise(_ start: Int) {
    let item = items[start]
    var place = start
    while place > 0 {
      let parent = (place - 1) / 2
      guard item.precedes(items[parent]) else { break }
      put(items[parent], place)
      place = parent
    }
    put(item, place)
  }

  private mutating func sink(_ start: Int) {
    let item = items[start]
    var place = start
    while true {
      var child = 2 * place + 1
      guard child < items.count else { break }
      if child + 1 < items.count, items[child + 1].precedes(items[child]) { child += 1 }
      guard items[child].precedes(item) else { break }
      put(items[child], place)
      place = child
    }
    put(item, place)
  }
}
