// The one pass over untrusted bytes before anything is decoded (RFC 8949 §5.3.1). Reads bytes; touches nothing else.

/// What the check found out about well-formed input.
struct InputShape {
  /// There are no tags and no indefinite lengths: decoders can read it as it is.
  var isDefinite = true
  /// Every map has only integers and strings as keys, each after the one before in the order of their meaning, as our own
  /// encoder writes them. So none holds a key twice, and a key is found by reading on.
  var isOrdered = true
  /// Some map has text and other things among its keys.
  var hasMixedKeys = false
  /// How deep arrays and maps are nested; 0 for a scalar.
  var depth = 0
}

extension CBORInput {
  /// Checks that exactly one well-formed item fills the input, with valid UTF-8 and within the limits.
  /// Time is linear in the input; the recursion is as deep as the limit of the depth allows.
  func checkWhole(_ limits: CBORLimits) throws(CBORError) -> InputShape {
    guard count <= limits.maximumBytes else {
      throw .tooLarge(bytes: count, limit: limits.maximumBytes)
    }
    var check = InputCheck(input: self, maximumDepth: limits.maximumDepth)
    let end = try check.item(at: 0, depth: 0)
    guard end == count else { throw .trailingBytes(at: end) }
    return check.shape
  }

  /// The index after the item at `index`, of input that is known to be well-formed and definite.
  func skip(_ index: Int) throws(CBORError) -> Int { try skip(index, items: 1) }

  /// The index after that many items.
  func skip(_ start: Int, items: Int) throws(CBORError) -> Int {
    var index = start
    var pending = items
    while pending > 0 {
      pending -= 1
      let head = try head(at: index)
      switch head.major {
      case .unsigned, .negative, .simple, .tag: index = head.next
      case .bytes, .text: index = try content(of: head, at: index).upperBound
      case .array, .map:
        pending += try itemCount(of: head, at: index)
        index = head.next
      }
    }
    return index
  }
}

private struct InputCheck {
  let input: CBORInput
  let maximumDepth: Int
  var shape = InputShape()

  init(input: CBORInput, maximumDepth: Int) {
    self.input = input
    self.maximumDepth = maximumDepth
  }

  /// Checks one item and returns the index after it.
  @inline(__always)
  mutating func item(at index: Int, depth: Int) throws(CBORError) -> Int {
    let head = try input.head(at: index)
    switch head.major {
    case .unsigned, .negative:
      return head.next
    case .simple:
      // Breaks that belong to something are taken by it.
      if head.isBreak { throw .malformed(.unexpectedBreak, at: index) }
      return head.next
    case .bytes:
      if head.isIndefinite { return try chunks(of: head) }
      return try input.content(of: head, at: index).upperBound
    case .text:
      if head.isIndefinite { return try chunks(of: head) }
      return try text(head, at: index)
    case .array, .map, .tag:
      return try container(head, at: index, depth: depth)
    }
  }

  @inline(__always)
  private func text(_ head: ItemHead, at index: Int) throws(CBORError) -> Int {
    let content = try input.content(of: head, at: index)
    guard isValidUTF8(input.stretch(content)) else { throw .malformed(.invalidUTF8, at: index) }
    return content.upperBound
  }

  private mutating func container(_ head: ItemHead, at index: Int, depth: Int) throws(CBORError) -> Int {
    guard depth < maximumDepth else { throw .tooDeep(limit: maximumDepth, at: index) }
    let inner = depth + 1
    if inner > shape.depth { shape.depth = inner }
    if head.major == .tag || head.isIndefinite {
      shape.isDefinite = false
      if head.major == .tag { return try item(at: head.next, depth: inner) }
      return try untilBreak(head, depth: inner)
    }
    let items = try input.itemCount(of: head, at: index)
    if head.major == .map { return try entries(items / 2, from: head.next, depth: inner) }
    var next = head.next
    for _ in 0..<items { next = try item(at: next, depth: inner) }
    return next
  }

  private mutating func entries(_ count: Int, from start: Int, depth: Int) throws(CBORError) -> Int {
    var index = start
    var last = MapKey.none
    for _ in 0..<count {
      let end = try item(at: index, depth: depth)
      // The item is well-formed, so that its head is read a second time without an error.
      let key = MapKey(try input.head(at: index), at: index, end: end)
      if shape.isOrdered {
        shape.isOrdered = key.isPlain && last.isBefore(key, input)
        if key.major == .text, last.isPlain, last.major != .text { shape.hasMixedKeys = true }
        last = key
      }
      index = try item(at: end, depth: depth)
    }
    return index
  }

  private mutating func untilBreak(_ container: ItemHead, depth: Int) throws(CBORError) -> Int {
    var index = container.next
    var items = 0
    while true {
      let head = try input.head(at: index)
      if head.isBreak {
        if container.major == .map, !items.isMultiple(of: 2) { throw .malformed(.keyWithoutValue, at: index) }
        return head.next
      }
      index = try item(at: index, depth: depth)
      items += 1
    }
  }

  /// Checks the chunks after the head of a string of indefinite length (RFC 8949 §3.2.3); each is valid text by itself.
  private mutating func chunks(of string: ItemHead) throws(CBORError) -> Int {
    shape.isDefinite = false
    var index = string.next
    while true {
      let chunk = try input.head(at: index)
      if chunk.isBreak { return chunk.next }
      guard chunk.major == string.major, !chunk.isIndefinite else {
        throw .malformed(.wrongChunk, at: index)
      }
      if chunk.major == .text {
        index = try text(chunk, at: index)
      } else {
        index = try input.content(of: chunk, at: index).upperBound
      }
    }
  }
}
