// The end of a value: heads are filled in, maps and sets sorted (RFC 8949 §4.2.1). Changes only the buffer.

extension EncodingBuffer {
  /// Completes the innermost open value.
  func closeLast() throws {
    guard let frame = frames.popLast() else { return }
    if hasDetached, let values = detached.removeValue(forKey: frame.identity) {
      try bringBack(values, to: frame)
    }
    switch frame.kind {
    case .undecided:
      closeEmpty()
    case .single:
      if frame.count == 0 { closeEmpty() }
    case .array:
      depth -= 1
      if frame.unordered != .none { try sortElements(of: frame) }
      fillHead(.array, count: frame.count, at: frame.start)
    case .map:
      depth -= 1
      if !frame.isSorted { try sortEntries(of: frame) }
      fillHead(.map, count: entries.count - frame.firstEntry, at: frame.start)
      entries.removeLast(entries.count - frame.firstEntry)
    }
  }

  /// A value that wrote nothing is an empty map.
  private func closeEmpty() {
    check(depth: depth + 1, at: bytes.count)
    bytes.append(0xa0)
  }

  @inline(__always)
  private func fillHead(_ major: MajorType, count: Int, at start: Int) {
    if count >= 24 {
      bytes.insertZeros(GrowingStack.headLength(UInt64(count)) - 1, at: start + 1)
    }
    bytes.fillHead(major, UInt64(count), at: start)
  }

  /// Puts values that had moved out back where they belong, and shifts what stands behind them.
  private func bringBack(_ values: [DetachedValue], to frame: EncodingFrame) throws {
    // The new content is built behind the old.
    let end = bytes.count
    var copied = frame.start
    var entry = frame.firstEntry
    for nested in values {
      while entry < entries.count, entries[entry].keyStart < nested.position {
        shiftEntry(entry, by: bytes.count - end - (copied - frame.start))
        entry += 1
      }
      bytes.appendCopy(of: copied..<nested.position)
      copied = nested.position
      while nested.buffer.frames.count > 0 { try nested.buffer.closeLast() }
      bytes.append(contentsOf: UnsafeRawBufferPointer(nested.buffer.bytes.contents))
    }
    while entry < entries.count {
      shiftEntry(entry, by: bytes.count - end - (copied - frame.start))
      entry += 1
    }
    bytes.appendCopy(of: copied..<end)
    bytes.drop(from: frame.start, to: end)
  }

  private func shiftEntry(_ index: Int, by distance: Int) {
    entries[index].keyStart += distance
    entries[index].keyEnd += distance
  }

  // MARK: Sorting

  /// A stretch of bytes that moves as a whole, and the key at its start that it is sorted by.
  private struct Piece {
    var prefix: UInt64
    var start: Int
    var keyEnd: Int
    var end: Int
  }

  private func sortEntries(of frame: EncodingFrame) throws {
    let count = entries.count - frame.firstEntry
    guard count > 1 else { return }
    try withUnsafeTemporaryAllocation(of: Piece.self, capacity: count) { pieces in
      for index in 0..<count {
        let entry = entries[frame.firstEntry + index]
        let isLast = index + 1 == count
        let end = isLast ? bytes.count : entries[frame.firstEntry + index + 1].keyStart
        pieces.initializeElement(at: index, to: piece(entry.keyStart, entry.keyEnd, end))
      }
      sort(pieces)
      for index in 1..<count where !isBefore(pieces[index - 1], pieces[index]) {
        throw CBORError.duplicateKey(
          path: dotted(keys(toFrameAt: frames.count, firstEntry: frame.firstEntry)))
      }
      moveTogether(pieces, from: frame.start + 1)
    }
  }

  /// Sorts the elements of a set, or the pairs of a dictionary, by their bytes.
  private func sortElements(of frame: EncodingFrame) throws {
    let stride = frame.unordered.rawValue
    guard frame.count.isMultiple(of: stride) else { return }
    let count = frame.count / stride
    let input = CBORInput(UnsafeRawBufferPointer(bytes.contents))
    try withUnsafeTemporaryAllocation(of: Piece.self, capacity: count) { pieces in
      var index = frame.start + 1
      for number in 0..<count {
        let end = try input.skip(index, items: stride)
        pieces.initializeElement(at: number, to: piece(index, end, end))
        index = end
      }
      sort(pieces)
      moveTogether(pieces, from: frame.start + 1)
    }
  }

  private func piece(_ start: Int, _ keyEnd: Int, _ end: Int) -> Piece {
    Piece(prefix: bytewisePrefix(bytes.stretch(start..<keyEnd)), start: start, keyEnd: keyEnd, end: end)
  }

  private func isBefore(_ first: Piece, _ second: Piece) -> Bool {
    if first.prefix != second.prefix { return first.prefix < second.prefix }
    return isBytewise(
      bytes.stretch(first.start..<first.keyEnd), before: bytes.stretch(second.start..<second.keyEnd))
  }

  private func sort(_ pieces: UnsafeMutableBufferPointer<Piece>) {
    // Few pieces, as nearly all maps have, are sorted without memory.
    if pieces.count > 32 {
      var pieces = pieces
      return pieces.sort(by: isBefore)
    }
    for index in 1..<max(pieces.count, 1) {
      let piece = pieces[index]
      var place = index
      while place > 0, isBefore(piece, pieces[place - 1]) {
        pieces[place] = pieces[place - 1]
        place -= 1
      }
      pieces[place] = piece
    }
  }

  /// Writes the pieces in their order behind the old ones, then over them.
  private func moveTogether(_ pieces: UnsafeMutableBufferPointer<Piece>, from start: Int) {
    let end = bytes.count
    bytes.reserve(end - start)
    for piece in pieces { bytes.appendCopy(of: piece.start..<piece.end) }
    bytes.drop(from: start, to: end)
  }
}
