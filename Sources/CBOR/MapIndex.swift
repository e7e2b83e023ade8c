// Where the values of one map are, by key, for maps that are not read in the order in which they come. Reads bytes and
// touches nothing else.

/// A map's key by its meaning, not by its bytes, as a foreign sender may not use the shortest form: first by major type,
/// then by argument (an integer's value, a string's length), then by content. For keys of our own encoder this is the order
/// in which they come.
struct MapKey {
  var major = MajorType.unsigned
  var argument: UInt64 = 0
  /// A string's content; for a key that is neither integer nor string, its whole encoding.
  var contentStart = 0
  var contentEnd = 0
  /// An integer or a string of definite length.
  var isPlain = false

  /// What no map has as a key; it comes before every other.
  static var none: MapKey { MapKey() }

  private init() {}

  /// The key of a well-formed item that reaches from `index` to `end`.
  @inline(__always)
  init(_ head: ItemHead, at index: Int, end: Int) {
    major = head.major
    switch head.major {
    case .unsigned, .negative:
      (argument, isPlain) = (head.argument, true)
    case .bytes, .text:
      (argument, isPlain) = (head.argument, !head.isIndefinite)
      (contentStart, contentEnd) = (head.next, end)
    case .array, .map, .tag, .simple:
      (contentStart, contentEnd) = (index, end)
    }
  }

  @inline(__always)
  func isBefore(_ other: MapKey, _ input: CBORInput) -> Bool {
    if major != other.major { return major.rawValue < other.major.rawValue }
    if argument != other.argument { return argument < other.argument }
    if contentStart == contentEnd, other.contentStart == other.contentEnd { return !isPlain && other.isPlain }
    return isBytewise(
      input.stretch(contentStart..<contentEnd),
      before: input.stretch(other.contentStart..<other.contentEnd))
  }
}

/// The keys of a map in the order of their meaning, each with the index of its value.
struct MapIndex {
  struct Entry {
    var key: MapKey
    /// Where the key starts.
    var start: Int
    var value: Int
    /// The first bytes of a string's content, to compare by.
    var prefix: UInt64
  }

  /// Which map it is about: the index of its head; -1 for none.
  private(set) var map = -1
  private(set) var entries: [Entry] = []

  /// Scans the map at an index of well-formed, definite input. Returns false if it holds a key twice.
  mutating func fill(from input: CBORInput, map start: Int) throws(CBORError) -> Bool {
    map = -1
    entries.removeAll(keepingCapacity: true)
    let head = try input.head(at: start)
    let pairs = try input.itemCount(of: head, at: start) / 2
    entries.reserveCapacity(pairs)
    var isSorted = true
    var next = head.next
    for pair in 0..<pairs {
      if pair > 0, let last = entries.last { next = try input.skip(last.value) }
      let value = try input.skip(next)
      let key = MapKey(try input.head(at: next), at: next, end: value)
      if isSorted, let last = entries.last { isSorted = last.key.isBefore(key, input) }
      let prefix = bytewisePrefix(input.stretch(key.contentStart..<key.contentEnd))
      entries.append(Entry(key: key, start: next, value: value, prefix: prefix))
    }
    if !isSorted {
      entries.sort { $0.key.isBefore($1.key, input) }
      for (first, second) in zip(entries, entries.dropFirst())
      where !first.key.isBefore(second.key, input) { return false }
    }
    map = start
    return true
  }

  /// The position of an integer key.
  func position(of major: MajorType, _ argument: UInt64) -> Int? {
    let position = firstPosition { entry in
      entry.key.major == major
        ? entry.key.argument < argument : entry.key.major.rawValue < major.rawValue
    }
    guard position < entries.count else { return nil }
    let key = entries[position].key
    return key.major == major && key.argument == argument ? position : nil
  }

  /// The position of a text key.
  func position(of text: UnsafeRawBufferPointer, in input: CBORInput) -> Int? {
    let argument = UInt64(text.count)
    let prefix = bytewisePrefix(text)
    if entries.count <= 24 {
      // Few keys are found faster one by one.
      for (position, entry) in entries.enumerated()
      where entry.prefix == prefix && entry.key.argument == argument && entry.key.major == .text {
        let content = input.stretch(entry.key.contentStart..<entry.key.contentEnd)
        if isBytewise(content, equalTo: text) { return position }
      }
      return nil
    }
    let position = firstPosition { entry in
      let key = entry.key
      if key.major != .text { return key.major.rawValue < MajorType.text.rawValue }
      if key.argument != argument { return key.argument < argument }
      if entry.prefix != prefix { return entry.prefix < prefix }
      return isBytewise(input.stretch(key.contentStart..<key.contentEnd), before: text)
    }
    guard position < entries.count else { return nil }
    let key = entries[position].key
    guard key.major == .text, key.argument == argument,
      isBytewise(input.stretch(key.contentStart..<key.contentEnd), equalTo: text)
    else { return nil }
    return position
  }

  /// The first position whose key does not come before what is looked for.
  @inline(__always)
  private func firstPosition(where isBefore: (Entry) -> Bool) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(entries[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
