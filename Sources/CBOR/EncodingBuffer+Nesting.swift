// Frames that end with their parent: nested containers and super encoders. Changes only buffers.

extension EncodingBuffer {
  /// The buffer that holds this frame as its last one, or nil if the frame has ended or waits for an inner value.
  ///
  /// Almost always it is this buffer as it is. If a parent is written to while nested values are open in it, those move
  /// out first; if a nested value that moved out is written to, it is looked up.
  @inline(__always)
  func buffer(of frame: UInt64) -> EncodingBuffer? {
    if let last = frames.last, last.identity == frame { return self }
    return slowBuffer(of: frame)
  }

  private func slowBuffer(of frame: UInt64) -> EncodingBuffer? {
    guard let position = frames.contents.lastIndex(where: { $0.identity == frame }) else {
      for open in frames.contents.reversed() {
        for nested in detached[open.identity] ?? [] {
          if let found = nested.buffer.buffer(of: frame) { return found }
        }
      }
      return nil
    }
    guard frames.contents[(position + 1)...].allSatisfy(\.isNested) else { return nil }
    detach(above: position)
    return self
  }

  /// Moves the open values above a frame to a buffer of their own.
  private func detach(above parent: Int) {
    let frame = frames[parent + 1]
    let moved = EncodingBuffer(movedOutOf: self)
    moved.basePath = keys(toFrameAt: parent + 1)
    moved.bytes.append(contentsOf: bytes.stretch(frame.start..<bytes.count))
    for position in parent + 1..<frames.count {
      var open = frames[position]
      open.start -= frame.start
      open.firstEntry -= frame.firstEntry
      if var values = detached[open.identity] {
        for index in values.indices { values[index].position -= frame.start }
        detached[open.identity] = values
      }
      moved.frames.append(open)
      if open.kind == .map || open.kind == .array { depth -= 1 }
    }
    moved.depth = depth + moved.frames.contents.count { $0.kind == .map || $0.kind == .array }
    for position in frame.firstEntry..<entries.count {
      let entry = entries[position]
      moved.entries.append(
        EncodingEntry(keyStart: entry.keyStart - frame.start, keyEnd: entry.keyEnd - frame.start))
    }
    frames.removeLast(frames.count - parent - 1)
    entries.removeLast(entries.count - frame.firstEntry)
    bytes.removeLast(bytes.count - frame.start)
    detached[frames[parent].identity, default: []].append(DetachedValue(position: frame.start, buffer: moved))
  }

  /// The buffer in which a frame is open, whether or not it is the last one there.
  func owner(of frame: UInt64) -> EncodingBuffer? {
    if frames.contents.contains(where: { $0.identity == frame }) { return self }
    guard hasDetached else { return nil }
    for open in frames.contents {
      for nested in detached[open.identity] ?? [] {
        if let owner = nested.buffer.owner(of: frame) { return owner }
      }
    }
    return nil
  }

  // MARK: Paths

  /// The keys that lead to a frame, outermost first.
  func codingPath(of frame: UInt64) -> [any CodingKey] {
    guard let owner = owner(of: frame) else { return [] }
    return owner.keys(toFrameAt: owner.frames.contents.lastIndex { $0.identity == frame } ?? 0)
  }

  /// The keys that lead to the frame at a position: the last key of each map and the last index of each array before it.
  /// - Parameter firstEntry: that of the frame, if it is no longer there.
  func keys(toFrameAt position: Int, firstEntry: Int? = nil) -> [any CodingKey] {
    var path = basePath
    let input = CBORInput(UnsafeRawBufferPointer(bytes.contents))
    for outer in 0..<position {
      let frame = frames[outer]
      let entryEnd = outer + 1 < frames.count ? frames[outer + 1].firstEntry : firstEntry ?? entries.count
      switch frame.kind {
      case .map:
        guard entryEnd > frame.firstEntry, let type = frame.keyType else { continue }
        path.append(WireKey.key(at: entries[entryEnd - 1].keyStart, in: input, as: type))
      case .array:
        path.append(IndexKey(max(frame.count - 1, 0)))
      case .single, .undecided:
        continue
      }
    }
    return path
  }
}
