// How far the containers that are open have been read. Plain values; touch nothing.

/// The last place that was read in one array or map, so that the next place is found without a search.
///
/// There is one for each level of nesting, not for each container: it is a memory, valid for the container that it names and
/// ignored by all others. Containers of one level that are read in turns, which `Codable` allows, take it from each other
/// and start anew each time; values are not affected.
struct ReadingCursor {
  /// The index of the container's head; -1 for none.
  var container = -1
  /// The index of the first key or element.
  var first = 0
  /// The index after the last value that was read. If `isPending`, nobody knows it yet: the value is to be skipped first.
  var next = 0
  var isPending = false
  /// Pairs or elements after the last one that was read.
  var left = 0
  /// The index of the last key that was read; for an array, the number of the last element. -1 before the first.
  var key = -1
  /// The index of the last value that was read.
  var value = -1
  /// The meaning of the last key.
  var major = MajorType.unsigned
  var argument: UInt64 = 0
  /// What the keys are to the type that is being decoded; nil in an array.
  var keyType: (any CodingKey.Type)?

  /// Takes up a container before its first item.
  @inline(__always)
  mutating func begin(_ container: Int, first: Int, count: Int, keyType: (any CodingKey.Type)?) {
    self.container = container
    self.first = first
    self.keyType = keyType
    next = first
    isPending = false
    left = count
    key = -1
    value = -1
  }

  /// Takes up an element of the array with this head. If another container had the cursor meanwhile, it is this one's again.
  @inline(__always)
  mutating func takeUp(_ number: Int, of count: Int, at index: Int, in array: Int) {
    if container != array { begin(array, first: index, count: count, keyType: nil) }
    key = number
    value = index
    isPending = true
    left = count - number - 1
  }

  /// Takes up the value of a key of a dictionary.
  @inline(__always)
  mutating func takeUp(_ head: ItemHead, at index: Int, value: Int, left: Int, in map: Int) {
    if container != map { begin(map, first: index, count: 0, keyType: WireKey.self) }
    key = index
    self.value = value
    isPending = true
    self.left = left
    major = head.major
    argument = head.argument
  }
}
