// Lists and dictionaries of text, written and read without the machinery of `Codable`, which takes three times as long for
// them. Reads the input, changes only the buffer.

extension EncodingBuffer {
  /// The same bytes as `Array` gives.
  func encodeTexts(_ texts: [String]) {
    check(depth: depth + 1, at: bytes.count)
    bytes.appendHead(.array, UInt64(texts.count))
    for text in texts { bytes.appendText(text) }
  }

  /// The same bytes as `Dictionary` gives.
  func encodeTextMap(_ texts: [String: String]) throws {
    let start = bytes.count
    check(depth: depth + 1, at: start)
    _ = open(isNested: false)
    let top = frames.count - 1
    frames[top].kind = .map
    frames[top].keyType = WireKey.self
    bytes.append(0)
    depth += 1
    for (key, value) in texts {
      beginEntry(WireKey.dictionary(key))
      bytes.appendText(value)
    }
    try closeLast()
  }
}

extension DecodingSession {
  /// A list of text; nil for what is not an array.
  func texts(at index: Int, depth: Int) throws -> [String]? {
    let head = try input.head(at: index)
    guard head.major == .array else { return nil }
    let count = try input.itemCount(of: head, at: index)
    var texts: [String] = []
    // Every element takes a byte of the input at least.
    texts.reserveCapacity(count)
    var next = head.next
    for number in 0..<count {
      do {
        texts.append(try String.read(input, &next))
      } catch {
        throw error.publicError(String.self, path: codingPath(depth) + [IndexKey(number)])
      }
    }
    passed(index, end: next, depth: depth)
    return texts
  }

  /// A dictionary of text; nil for what is not a map whose keys are all integers or all text, in order and so none twice.
  func textMap(at index: Int, depth: Int) throws -> [String: String]? {
    guard shape.isOrdered, !shape.hasMixedKeys else { return nil }
    let head = try input.head(at: index)
    guard head.major == .map else { return nil }
    let count = try input.itemCount(of: head, at: index) / 2
    // Every entry takes two bytes of the input at least.
    var texts: [String: String] = Dictionary(minimumCapacity: count)
    var next = head.next
    for _ in 0..<count {
      let key = try input.head(at: next)
      let name: String
      switch key.major {
      case .text:
        name = String(decoding: input.stretch(try input.content(of: key, at: next)), as: UTF8.self)
        next = try input.content(of: key, at: next).upperBound
      case .unsigned, .negative:
        guard let integer = Int(exactly: key.argument) else { return nil }
        name = String(key.major == .negative ? ~integer : integer)
        next = key.next
      case .bytes, .array, .map, .tag, .simple:
        return nil
      }
      do {
        texts[name] = try String.read(input, &next)
      } catch {
        throw error.publicError(String.self, path: codingPath(depth) + [WireKey.text(name)])
      }
    }
    passed(index, end: next, depth: depth)
    return texts
  }
}
