// The end of a value: heads are filled in, maps and sets sorted (RFC 8949 §4.2.1). Changes only the buffer.

extension EncodingBuffer {
  /// Completes the innermost open value.
  func closeLast() throws {
    guard let frame = frames.popLast() else { return }
    if !frame.detached.isEmpty { try bringBack(frame) }
    switch frame.kind {
    case .undecided:
      closeEmpty()
    case .single:
      if frame.count == 0 { closeEmpty() }
    case .array:
      depth -= 1
      if frame.unorderedStride > 0 { try sortElements(of: frame) }
      fillHead(.array, count: frame.count, at: frame.start)
    case .map:
      depth -= 1
      try sortEntries(of: frame)
      fillHead(.map, count: entries.count - frame.firstEntry, at: frame.start)
      entries.removeLast(entries.count - frame.firstEntry)
    }
  }

  /// A value that wrote nothing is an empty map.
  private func closeEmpty() {
    session.check(depth: depth + 1, at: bytes.count)
    bytes.append(0xa0)
  }

  private func fillHead(_ major: MajorType, count: Int, at start: Int) {
    if count < 24 {
      bytes[start] = major.rawValue << 5 | UInt8(count)
    } else {
      var head: [UInt8] = []
      head.appendHead(major, UInt64(count))
      bytes.replaceSubrange(start...start, with: head)
    }
  }

  /// Puts values that had moved out back where they belong, and shifts what stands behind them.
  private func bringBack(_ frame: EncodingFrame) throws {
    var joined: [UInt8] = []
    var copied = frame.start
    var entry = frame.firstEntry
    for nested in frame.detached {
      while entry < entries.count, entries[entry].keyStart < nested.position {
        shiftEntry(entry, by: joined.count - (copied - frame.start))
        entry += 1
      }
      joined += bytes[copied..<nested.position]
      copied = nested.position
      while !nested.buffer.frames.isEmpty { try nested.buffer.closeLast() }
      joined += nested.buffer.bytes
    }
    while entry < entries.count {
      shiftEntry(entry, by: joined.count - (copied - frame.start))
      entry += 1
    }
    joined += bytes[copied...]
    bytes.replaceSubrange(frame.start..., with: joined)
  }

  private func shiftEntry(_ index: Int, by distance: Int) {
    entries[index].keyStart += distance
    entries[index].keyEnd += distance
  }

  // MARK: Sorting

  private func sortEntries(of frame: EncodingFrame) throws {
    let keys = entries[frame.firstEntry...]
    var isSorted = true
    for index in keys.indices.dropFirst() {
      let (last, next) = (keys[index - 1], keys[index])
      if !isBefore(last.keyStart..<last.keyEnd, next.keyStart..<next.keyEnd) {
        isSorted = false
        break
      }
    }
    if isSorted { return }

    let order = keys.indices.sorted { first, second in
      let (first, second) = (keys[first], keys[second])
      return isBefore(first.keyStart..<first.keyEnd, second.keyStart..<second.keyEnd)
    }
    for (first, second) in zip(order, order.dropFirst()) {
      let (first, second) = (keys[first], keys[second])
      guard isBefore(first.keyStart..<first.keyEnd, second.keyStart..<second.keyEnd) else {
        throw CBORError.duplicateKey(path: dotted(Array(path.prefix(frame.pathCount))))
      }
    }
    var sorted: [UInt8] = []
    sorted.reserveCapacity(bytes.count - frame.start)
    for index in order {
      let end = index + 1 < keys.endIndex ? keys[index + 1].keyStart : bytes.count
      sorted += bytes[keys[index].keyStart..<end]
    }
    bytes.replaceSubrange((frame.start + 1)..., with: sorted)
  }

  /// Sorts the elements of a set, or the pairs of a dictionary, by their bytes.
  private func sortElements(of frame: EncodingFrame) throws {
    guard frame.count.isMultiple(of: frame.unorderedStride) else { return }
    var elements: [Range<Int>] = []
    elements.reserveCapacity(frame.count / frame.unorderedStride)
    let input = CBORInput(bytes: bytes[...])
    var index = frame.start + 1
    while index < bytes.count {
      let start = index
      for _ in 0..<frame.unorderedStride { index = try input.skip(index) }
      elements.append(start..<index)
    }
    elements.sort(by: isBefore)
    var sorted: [UInt8] = []
    sorted.reserveCapacity(bytes.count - frame.start)
    for element in elements { sorted += bytes[element] }
    bytes.replaceSubrange((frame.start + 1)..., with: sorted)
  }

  /// Whether one stretch of bytes comes before another: bytewise, a prefix first.
  private func isBefore(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      bytes[first].lexicographicallyPrecedes(bytes[second])
    }
  }
}
