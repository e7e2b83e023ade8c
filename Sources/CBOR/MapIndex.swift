// Where the values of one map are, by key. Built in one scan of the map; reads bytes and touches nothing else.

/// The keys of a map in the order of their deterministic encoding, each with the index of its value.
///
/// Keys are compared by meaning, not by bytes, as a foreign sender may not use the shortest form: first by major type,
/// then by argument (an integer's value, a string's length), then by content. For keys of our own encoder this is the
/// order in which they come.
struct MapIndex {
  struct Entry {
    var major: MajorType
    var argument: UInt64
    /// A string's content; for a key that is neither integer nor string, its whole encoding.
    var contentStart: Int
    var contentEnd: Int
    var value: Int
  }

  private let input: CBORInput
  let entries: [Entry]

  /// Scans the map at an index of well-formed, definite input. Returns nil if it holds a key twice.
  init?(_ input: CBORInput, head map: ItemHead, at index: Int) throws(CBORError) {
    self.input = input
    let pairs = try input.itemCount(of: map, at: index) / 2
    var entries: [Entry] = []
    entries.reserveCapacity(pairs)
    var isSorted = true
    var next = map.next
    for pair in 1...max(pairs, 1) where pairs > 0 {
      let entry = try Self.entry(input, at: next)
      if isSorted, let last = entries.last, !Self.isBefore(last, entry, input) { isSorted = false }
      entries.append(entry)
      if pair < pairs { next = try input.skip(entry.value) }
    }
    if !isSorted {
      entries.sort { Self.isBefore($0, $1, input) }
      for (first, second) in zip(entries, entries.dropFirst())
      where !Self.isBefore(first, second, input) { return nil }
    }
    self.entries = entries
  }

  private static func entry(_ input: CBORInput, at index: Int) throws(CBORError) -> Entry {
    let head = try input.head(at: index)
    switch head.major {
    case .unsigned, .negative:
      return Entry(
        major: head.major, argument: head.argument, contentStart: 0, contentEnd: 0, value: head.next)
    case .bytes, .text:
      let content = try input.content(of: head, at: index)
      return Entry(
        major: head.major, argument: head.argument, contentStart: content.lowerBound,
        contentEnd: content.upperBound, value: content.upperBound)
    case .array, .map, .tag, .simple:
      let end = try input.skip(index)
      return Entry(
        major: head.major, argument: 0, contentStart: index, contentEnd: end, value: end)
    }
  }

  private static func isBefore(_ first: Entry, _ second: Entry, _ input: CBORInput) -> Bool {
    if first.major != second.major { return first.major.rawValue < second.major.rawValue }
    if first.argument != second.argument { return first.argument < second.argument }
    return input.bytes[first.contentStart..<first.contentEnd]
      .lexicographicallyPrecedes(input.bytes[second.contentStart..<second.contentEnd])
  }

  /// The index of the value under a coding key: under its integer, else under its text.
  func value(of key: some CodingKey) -> Int? {
    if let integer = wireInteger(of: key), let found = value(of: integer) { return found }
    return value(of: key.stringValue)
  }

  private func value(of integer: Int) -> Int? {
    let major = integer < 0 ? MajorType.negative : .unsigned
    let argument = UInt64(integer < 0 ? ~integer : integer)
    let position = firstPosition { entry in
      entry.major.rawValue < major.rawValue
        || entry.major == major && entry.argument < argument
    }
    guard position < entries.count else { return nil }
    let entry = entries[position]
    return entry.major == major && entry.argument == argument ? entry.value : nil
  }

  private func value(of text: String) -> Int? {
    var text = text
    return text.withUTF8 { utf8 in
      let argument = UInt64(utf8.count)
      let position = firstPosition { entry in
        if entry.major != .text { return entry.major.rawValue < MajorType.text.rawValue }
        if entry.argument != argument { return entry.argument < argument }
        return input.bytes[entry.contentStart..<entry.contentEnd].lexicographicallyPrecedes(utf8)
      }
      guard position < entries.count else { return nil }
      let entry = entries[position]
      guard entry.major == .text, entry.argument == argument,
        input.bytes[entry.contentStart..<entry.contentEnd].elementsEqual(utf8)
      else { return nil }
      return entry.value
    }
  }

  /// The first position whose entry does not come before what is looked for.
  private func firstPosition(where isBefore: (Entry) -> Bool) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(entries[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The keys that a coding key type can express, in order.
  func keys<Key: CodingKey>(_ type: Key.Type) -> [Key] {
    entries.compactMap { entry in
      switch entry.major {
      case .unsigned:
        return Int(exactly: entry.argument).flatMap(Key.init(intValue:))
      case .negative:
        return Int(exactly: entry.argument).flatMap { Key(intValue: ~$0) }
      case .text:
        let content = input.bytes[entry.contentStart..<entry.contentEnd]
        return Key(stringValue: String(decoding: content, as: UTF8.self))
      default:
        return nil
      }
    }
  }
}
