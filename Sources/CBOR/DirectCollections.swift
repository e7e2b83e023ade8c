// Arrays and dictionaries, read without a container for each: the standard library's own way takes twice the time. Reads
// the input only.

/// A collection of the standard library that is read item by item.
protocol DirectCollection {
  /// The collection at an index; nil for what is to be decoded in the general way.
  static func read(_ session: DecodingSession, at index: Int, depth: Int) throws -> Self?
}

extension DecodingSession {
  /// Whether a type may be an array or dictionary, and stands at the index. The question for the conformance is a search of
  /// the runtime, so most types are sorted out before.
  @inline(__always)
  func mayBeCollection<T>(_ type: T.Type, at index: Int) -> Bool {
    guard MemoryLayout<T>.size == MemoryLayout<UnsafeRawPointer>.size,
      UInt(bitPattern: index) < UInt(bitPattern: input.count)
    else { return false }
    let major = MajorType(initial: input.bytes[index])
    return major == .array || major == .map
  }

  /// A value that may be an array or dictionary. Apart from the others, which would pay for its optional types.
  @inline(never)
  func decodeCollection<T: Decodable>(_ type: T.Type, at index: Int, depth: Int) throws -> T {
    if let direct = type as? any DirectCollection.Type,
      let value = try direct.read(self, at: index, depth: depth) as? T
    {
      return value
    }
    return try T(from: ItemDecoder(session: self, index: index, depth: depth))
  }
}

extension Array: DirectCollection where Element: Decodable {
  static func read(_ session: DecodingSession, at index: Int, depth: Int) throws -> [Element]? {
    let head = try session.input.head(at: index)
    guard head.major == .array else { return nil }
    let count = try session.input.itemCount(of: head, at: index)
    let cursor = try session.cursor(depth)
    cursor.pointee.begin(index, first: head.next, count: count, keyType: nil)
    var elements: [Element] = []
    // Not all: an element may take much more memory than the one byte that it has at least.
    elements.reserveCapacity(Swift.min(count, 16))
    var next = head.next
    for number in 0..<count {
      cursor.pointee.takeUp(number, of: count, at: next, in: index)
      elements.append(try session.decode(Element.self, at: next, depth: depth + 1))
      next = try session.end(ofItem: next, in: index, level: depth)
    }
    session.passed(index, end: next, depth: depth)
    return elements
  }
}

extension Dictionary: DirectCollection where Key: CodingKeyRepresentable, Value: Decodable {
  static func read(_ session: DecodingSession, at index: Int, depth: Int) throws -> [Key: Value]? {
    // One kind of keys, and none twice.
    guard session.shape.isOrdered, !session.shape.hasMixedKeys else { return nil }
    let head = try session.input.head(at: index)
    guard head.major == .map else { return nil }
    let count = try session.input.itemCount(of: head, at: index) / 2
    let cursor = try session.cursor(depth)
    cursor.pointee.begin(index, first: head.next, count: count, keyType: WireKey.self)
    var values: [Key: Value] = Dictionary(minimumCapacity: Swift.min(count, 16))
    var next = head.next
    for number in 0..<count {
      let head = try session.input.head(at: next)
      let name: WireKey
      var place = head.next
      switch head.major {
      case .unsigned:
        guard let integer = Int(exactly: head.argument) else { return nil }
        name = .integer(integer)
      case .negative:
        guard let integer = Int(exactly: head.argument) else { return nil }
        name = .integer(~integer)
      case .text:
        let content = try session.input.content(of: head, at: next)
        name = .dictionary(String(decoding: session.input.stretch(content), as: UTF8.self))
        place = content.upperBound
      case .bytes, .array, .map, .tag, .simple:
        return nil
      }
      // What is no key of this type is told by the general way.
      guard let key = Key(codingKey: name) else { return nil }
      cursor.pointee.takeUp(head, at: next, value: place, left: count - number - 1, in: index)
      values[key] = try session.decode(Value.self, at: place, depth: depth + 1)
      next = try session.end(ofItem: place, in: index, level: depth)
    }
    session.passed(index, end: next, depth: depth)
    return values
  }
}
