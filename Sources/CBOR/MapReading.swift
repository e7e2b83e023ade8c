// Finds a map's values by key: by reading on, and by an index only where that fails. Changes only the session's cursors.

/// A map that is being decoded: the index of its head, and its level.
struct MapPlace {
  var start: Int
  var level: Int
}

extension DecodingSession {
  /// Takes up the map at an index. Throws if it holds a key twice.
  func begin(_ map: MapPlace, _ keyType: any CodingKey.Type) throws {
    let head = try input.head(at: map.start)
    let count = try input.itemCount(of: head, at: map.start) / 2
    try cursor(map.level).pointee.begin(map.start, first: head.next, count: count, keyType: keyType)
    // In order, no key comes twice; else the index shows it.
    if !shape.isOrdered, try !makeIndex(ofMap: map.start, level: map.level) {
      throw CBORError.duplicateKey(path: dotted(codingPath(map.level)))
    }
  }

  /// The index of the value under a coding key, under its integer, else under its text; nil if there is none.
  @inline(__always)
  func value<Key: CodingKey>(of key: some CodingKey, in map: MapPlace, _ keyType: Key.Type) throws -> Int? {
    let integer = wireInteger(of: key)
    let cursor = try cursor(map.level)
    if cursor.pointee.container != map.start { try begin(map, keyType) }
    if let integer {
      if let found = try find(integer, in: map, cursor) { return found }
      guard try mayHoldText(map, cursor) else { return nil }
    }
    var text = key.stringValue
    // The key's own code ran meanwhile, which may have read another map of this level.
    if cursor.pointee.container != map.start { try begin(map, keyType) }
    return try text.withUTF8 { try find(UnsafeRawBufferPointer($0), in: map, cursor) }
  }

  /// The same for a key that is known to be this integer. `names` gives the text under which another sender may have it.
  func value(of integer: Int, in map: MapPlace, _ names: any CodingKey.Type) throws -> Int? {
    let cursor = try cursor(map.level)
    if cursor.pointee.container != map.start { try begin(map, names) }
    if let found = try find(integer, in: map, cursor) { return found }
    guard try mayHoldText(map, cursor), var text = names.init(intValue: integer)?.stringValue else {
      return nil
    }
    // The key's own code ran meanwhile, which may have read another map of this level.
    if cursor.pointee.container != map.start { try begin(map, names) }
    return try text.withUTF8 { try find(UnsafeRawBufferPointer($0), in: map, cursor) }
  }

  /// Whether a map that does not hold some integer can have text as a key.
  private func mayHoldText(_ map: MapPlace, _ cursor: UnsafeMutablePointer<ReadingCursor>) throws -> Bool {
    if !shape.isOrdered || shape.hasMixedKeys { return true }
    // All keys are of one kind.
    if cursor.pointee.key < 0, cursor.pointee.left == 0 { return false }
    return try input.head(at: cursor.pointee.first).major == .text
  }

  // MARK: One kind of key

  private func find(
    _ integer: Int, in map: MapPlace, _ cursor: UnsafeMutablePointer<ReadingCursor>
  ) throws(CBORError) -> Int? {
    let major = integer < 0 ? MajorType.negative : .unsigned
    let argument = UInt64(bitPattern: Int64(integer < 0 ? ~integer : integer))
    func indexed() throws(CBORError) -> Int? {
      guard try makeIndex(ofMap: map.start, level: map.level) else { return nil }
      return jump(to: indexes[map.level].position(of: major, argument), map, cursor)
    }
    guard shape.isOrdered else { return try indexed() }
    if cursor.pointee.key >= 0 {
      if cursor.pointee.major == major, cursor.pointee.argument == argument { return cursor.pointee.value }
      if isBefore(major, argument, cursor.pointee.major, cursor.pointee.argument) { return try indexed() }
    }
    while cursor.pointee.left > 0 {
      try settle(map, cursor)
      let head = try input.head(at: cursor.pointee.next)
      // It would stand before this key, and after the last one.
      if isBefore(major, argument, head.major, head.argument) { return nil }
      guard head.major.rawValue <= MajorType.negative.rawValue else { return nil }
      read(head, valueAt: head.next, cursor)
      if head.major == major, head.argument == argument { return head.next }
    }
    return nil
  }

  private func find(
    _ text: UnsafeRawBufferPointer, in map: MapPlace, _ cursor: UnsafeMutablePointer<ReadingCursor>
  ) throws(CBORError) -> Int? {
    if shape.isOrdered, !hasIndex(ofMap: map.start, level: map.level) {
      if cursor.pointee.key >= 0, try holds(text, at: cursor.pointee.key) != nil {
        return cursor.pointee.value
      }
      guard cursor.pointee.left > 0 || cursor.pointee.key >= 0 else { return nil }
      if cursor.pointee.left > 0 {
        try settle(map, cursor)
        if let value = try holds(text, at: cursor.pointee.next) {
          read(try input.head(at: cursor.pointee.next), valueAt: value, cursor)
          return value
        }
      }
    }
    guard try makeIndex(ofMap: map.start, level: map.level) else { return nil }
    return jump(to: indexes[map.level].position(of: text, in: input), map, cursor)
  }

  /// The index after the text at an index, if it is this one.
  @inline(__always)
  private func holds(_ text: UnsafeRawBufferPointer, at index: Int) throws(CBORError) -> Int? {
    let head = try input.head(at: index)
    guard head.major == .text, head.argument == UInt64(text.count) else { return nil }
    let content = try input.content(of: head, at: index)
    return isBytewise(input.stretch(content), equalTo: text) ? content.upperBound : nil
  }

  // MARK: The cursor

  @inline(__always)
  private func isBefore(
    _ major: MajorType, _ argument: UInt64, _ otherMajor: MajorType, _ otherArgument: UInt64
  ) -> Bool {
    major == otherMajor ? argument < otherArgument : major.rawValue < otherMajor.rawValue
  }

  /// Finds out where the last value ends.
  @inline(__always)
  private func settle(
    _ map: MapPlace, _ cursor: UnsafeMutablePointer<ReadingCursor>
  ) throws(CBORError) {
    guard cursor.pointee.isPending else { return }
    cursor.pointee.next = try end(of: cursor.pointee.value, level: map.level + 1)
    cursor.pointee.isPending = false
  }

  /// Reads the key at `next`.
  @inline(__always)
  private func read(
    _ head: ItemHead, valueAt value: Int, _ cursor: UnsafeMutablePointer<ReadingCursor>
  ) {
    cursor.pointee.key = cursor.pointee.next
    cursor.pointee.value = value
    cursor.pointee.isPending = true
    cursor.pointee.left -= 1
    cursor.pointee.major = head.major
    cursor.pointee.argument = head.argument
  }

  /// Reads the key at a position of the map's index, which need not come next.
  @inline(__always)
  private func jump(
    to position: Int?, _ map: MapPlace, _ cursor: UnsafeMutablePointer<ReadingCursor>
  ) -> Int? {
    guard let position else { return nil }
    let entry = indexes[map.level].entries[position]
    cursor.pointee.key = entry.start
    cursor.pointee.value = entry.value
    cursor.pointee.isPending = true
    // Where the map is out of order, nobody asks for what is left.
    cursor.pointee.left = indexes[map.level].entries.count - position - 1
    cursor.pointee.major = entry.key.major
    cursor.pointee.argument = entry.key.argument
    return entry.value
  }

  // MARK: All keys

  /// The keys that a coding key type can express, in order.
  func keys<Key: CodingKey>(of map: MapPlace, _ type: Key.Type) throws -> [Key] {
    var keys: [Key] = []
    if shape.isOrdered {
      let head = try input.head(at: map.start)
      let pairs = try input.itemCount(of: head, at: map.start) / 2
      // Every pair takes two bytes of the input at least.
      keys.reserveCapacity(pairs)
      var next = head.next
      for pair in 0..<pairs {
        let head = try input.head(at: next)
        if let key = try key(head, at: next, type) { keys.append(key) }
        if pair + 1 < pairs { next = try input.skip(next, items: 2) }
      }
      return keys
    }
    guard try makeIndex(ofMap: map.start, level: map.level) else { return keys }
    for entry in indexes[map.level].entries {
      if let key = try key(try input.head(at: entry.start), at: entry.start, type) { keys.append(key) }
    }
    return keys
  }

  private func key<Key: CodingKey>(
    _ head: ItemHead, at index: Int, _ type: Key.Type
  ) throws(CBORError) -> Key? {
    switch head.major {
    case .unsigned: return Int(exactly: head.argument).flatMap(Key.init(intValue:))
    case .negative: return Int(exactly: head.argument).flatMap { Key(intValue: ~$0) }
    case .text:
      return Key(
        stringValue: String(decoding: input.stretch(try input.content(of: head, at: index)), as: UTF8.self))
    default: return nil
    }
  }
}
