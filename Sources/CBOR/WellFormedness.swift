// The one pass over untrusted bytes before anything is decoded (RFC 8949 §5.3.1). Reads bytes; touches nothing else.

extension CBORInput {
  /// What the check found out about a well-formed item.
  struct Shape {
    /// The index after the item.
    var end: Int
    /// The item has no tags and no indefinite lengths: decoders can read it as it is.
    var isDefinite: Bool
  }

  /// An array, map or tag whose content is being read.
  private struct Level {
    var isIndefinite: Bool
    var isMap: Bool
    /// Items still to come for a definite length; items seen for an indefinite one.
    var items: Int
  }

  /// Checks that exactly one well-formed item fills the input, with valid UTF-8 and within the limits.
  /// Time is linear in the input, memory in the depth limit.
  func checkWhole(_ limits: CBORLimits) throws(CBORError) -> Shape {
    guard bytes.count <= limits.maximumBytes else {
      throw .tooLarge(bytes: bytes.count, limit: limits.maximumBytes)
    }
    let shape = try checkItem(at: bytes.startIndex, maximumDepth: limits.maximumDepth)
    guard shape.end == bytes.endIndex else { throw .trailingBytes(at: offset(shape.end)) }
    return shape
  }

  private func checkItem(at start: Int, maximumDepth: Int) throws(CBORError) -> Shape {
    var levels: [Level] = []
    var isDefinite = true
    var index = start
    repeat {
      let head = try head(at: index)
      switch head.major {
      case .unsigned, .negative:
        index = head.next
      case .bytes, .text:
        if head.isIndefinite {
          isDefinite = false
          index = try checkChunks(of: head)
        } else {
          index = try checkString(head, at: index)
        }
      case .simple:
        if head.isBreak {
          guard let level = levels.popLast(), level.isIndefinite else {
            throw .malformed(.unexpectedBreak, at: offset(index))
          }
          if level.isMap, !level.items.isMultiple(of: 2) {
            throw .malformed(.keyWithoutValue, at: offset(index))
          }
        }
        index = head.next
      case .array, .map, .tag:
        guard levels.count < maximumDepth else {
          throw .tooDeep(limit: maximumDepth, at: offset(index))
        }
        let isPlain = head.major != .tag && !head.isIndefinite
        if !isPlain { isDefinite = false }
        let items = isPlain ? try itemCount(of: head, at: index) : (head.isIndefinite ? 0 : 1)
        index = head.next
        if items > 0 || head.isIndefinite {
          levels.append(
            Level(isIndefinite: head.isIndefinite, isMap: head.major == .map, items: items))
          continue
        }
      }
      close(&levels)
    } while !levels.isEmpty
    return Shape(end: index, isDefinite: isDefinite)
  }

  /// Counts a finished item, and every array, map or tag that it finishes.
  @inline(__always)
  private func close(_ levels: inout [Level]) {
    while let level = levels.last {
      let last = levels.count - 1
      if level.isIndefinite {
        levels[last].items += 1
        return
      }
      if level.items > 1 {
        levels[last].items -= 1
        return
      }
      levels.removeLast()
    }
  }

  @inline(__always)
  private func checkString(_ head: ItemHead, at index: Int) throws(CBORError) -> Int {
    let content = try content(of: head, at: index)
    if head.major == .text, !isValidUTF8(bytes[content]) {
      throw .malformed(.invalidUTF8, at: offset(index))
    }
    return content.upperBound
  }

  /// Checks the chunks after the head of a string of indefinite length (RFC 8949 §3.2.3); each is valid text by itself.
  private func checkChunks(of string: ItemHead) throws(CBORError) -> Int {
    var index = string.next
    while true {
      let chunk = try head(at: index)
      if chunk.isBreak { return chunk.next }
      guard chunk.major == string.major, !chunk.isIndefinite else {
        throw .malformed(.wrongChunk, at: offset(index))
      }
      index = try checkString(chunk, at: index)
    }
  }

  /// The index after the item at `index`, of input that is known to be well-formed and definite.
  func skip(_ start: Int) throws(CBORError) -> Int {
    var index = start
    var pending = 1
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
