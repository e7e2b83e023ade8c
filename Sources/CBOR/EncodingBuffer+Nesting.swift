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
    guard let position = frames.lastIndex(where: { $0.identity == frame }) else {
      for open in frames.reversed() {
        for nested in open.detached {
          if let found = nested.buffer.buffer(of: frame) { return found }
        }
      }
      return nil
    }
    guard frames[(position + 1)...].allSatisfy(\.isNested) else { return nil }
    detach(above: position)
    return self
  }

  /// Moves the open values above a frame to a buffer of their own.
  private func detach(above parent: Int) {
    let frame = frames[parent + 1]
    let moved = EncodingBuffer(session: session)
    moved.bytes = Array(bytes[frame.start...])
    moved.path = path
    for var open in frames[(parent + 1)...] {
      open.start -= frame.start
      open.firstEntry -= frame.firstEntry
      for index in open.detached.indices { open.detached[index].position -= frame.start }
      moved.frames.append(open)
      if open.kind == .map || open.kind == .array { depth -= 1 }
    }
    moved.depth = depth + moved.frames.count { $0.kind == .map || $0.kind == .array }
    for entry in entries[frame.firstEntry...] {
      moved.entries.append(
        EncodingEntry(keyStart: entry.keyStart - frame.start, keyEnd: entry.keyEnd - frame.start))
    }
    frames.removeSubrange((parent + 1)...)
    entries.removeSubrange(frame.firstEntry...)
    bytes.removeSubrange(frame.start...)
    frames[parent].detached.append(DetachedValue(position: frame.start, buffer: moved))
  }

  /// The buffer in which a frame is open, whether or not it is the last one there.
  func owner(of frame: UInt64) -> EncodingBuffer? {
    if frames.contains(where: { $0.identity == frame }) { return self }
    for open in frames {
      for nested in open.detached {
        if let owner = nested.buffer.owner(of: frame) { return owner }
      }
    }
    return nil
  }

  /// The keys that lead to a frame, outermost first.
  func codingPath(of frame: UInt64) -> [any CodingKey] {
    guard let owner = owner(of: frame) else { return path }
    let count = owner.frames.last { $0.identity == frame }?.pathCount ?? 0
    return Array(owner.path.prefix(count))
  }
}
