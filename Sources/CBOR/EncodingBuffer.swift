// The one buffer that a value and all it contains are encoded into. Changes only itself.

/// Bytes written so far, and the frames of the values that are open, innermost last.
///
/// A value is written where it belongs as soon as it comes. Maps are sorted and heads filled in when their frame closes
/// (`EncodingBuffer+Closing`). `Codable` allows a parent to go on while a nested container is open; only then does the
/// nested one move out, into a buffer of its own, and back when the parent closes (`EncodingBuffer+Nesting`).
final class EncodingBuffer {
  let session: EncodingSession
  // Unchecked exclusivity, which is a sixth of the time of an encoding, is sound here: the class is not Sendable and
  // stays in one call of `encode`, and no access to these arrays spans a call to code outside this target.
  @exclusivity(unchecked) var bytes: [UInt8] = []
  @exclusivity(unchecked) var frames: [EncodingFrame] = []
  @exclusivity(unchecked) var entries: [EncodingEntry] = []
  @exclusivity(unchecked) var path: [any CodingKey] = []
  /// Arrays and maps open around the next item.
  var depth = 0

  init(session: EncodingSession) {
    self.session = session
    bytes.reserveCapacity(256)
    frames.reserveCapacity(8)
    entries.reserveCapacity(16)
    path.reserveCapacity(8)
  }

  /// The finished bytes of a buffer whose outermost value was written.
  func finish() throws -> [UInt8] {
    while !frames.isEmpty { try closeLast() }
    if let failure = session.failure { throw failure }
    try session.checkLength(of: bytes)
    return bytes
  }

  // MARK: Values

  /// Writes a whole value at the end of the buffer. If its `encode(to:)` throws, nothing of it stays.
  func encode<T: Encodable>(_ value: T) throws {
    if bytes.appendScalar(value) { return }
    let mark = (frames.count, entries.count, bytes.count, depth)
    let frame = open(isNested: false)
    do {
      try value.encode(to: ItemEncoder(buffer: self, frame: frame))
      try close(frame, of: T.self)
    } catch {
      frames.removeLast(frames.count - mark.0)
      entries.removeLast(entries.count - mark.1)
      bytes.removeLast(bytes.count - mark.2)
      depth = mark.3
      throw error
    }
  }

  /// Starts a value at the end of the buffer.
  func open(isNested: Bool) -> UInt64 {
    let identity = session.nextIdentity()
    frames.append(
      EncodingFrame(
        identity: identity, start: bytes.count, firstEntry: entries.count, pathCount: path.count,
        isNested: isNested, unorderedStride: 0))
    return identity
  }

  private func close<T>(_ frame: UInt64, of type: T.Type) throws {
    while let last = frames.last, last.identity != frame { try closeLast() }
    guard let last = frames.last else { throw CBORError.encoderMisuse(path: dotted(path)) }
    if last.kind == .array, let unordered = T.self as? any UnorderedOnTheWire.Type {
      frames[frames.count - 1].unorderedStride = unordered.stride
    }
    try closeLast()
  }

  /// Makes a value a map, an array or a single one, as its `encode(to:)` asks for a container.
  func become(_ kind: EncodingFrameKind, frame: UInt64) {
    guard let buffer = buffer(of: frame) else { return fail(frame) }
    let last = buffer.frames.count - 1
    if buffer.frames[last].kind == kind, kind != .single { return }
    guard buffer.frames[last].kind == .undecided else { return fail(frame) }
    buffer.frames[last].kind = kind
    guard kind != .single else { return }
    buffer.bytes.append(0)
    buffer.depth += 1
    session.check(depth: buffer.depth, at: buffer.bytes.count - 1)
  }

  // MARK: Steps of containers

  /// Where a container of this frame writes next. Checks the limits, so that no buffer grows far past them.
  func target(_ frame: UInt64) throws -> EncodingBuffer {
    if let failure = session.failure { throw failure }
    guard let buffer = buffer(of: frame) else {
      throw CBORError.encoderMisuse(path: dotted(codingPath(of: frame)))
    }
    try session.checkLength(of: buffer.bytes)
    return buffer
  }

  /// Starts the entry of a map, in the last frame.
  func beginEntry(_ key: some CodingKey) {
    let start = bytes.count
    bytes.appendKey(key)
    entries.append(EncodingEntry(keyStart: start, keyEnd: bytes.count))
    frames[frames.count - 1].count += 1
  }

  /// Starts an element of an array, in the last frame.
  func beginElement() { frames[frames.count - 1].count += 1 }

  /// How many entries or elements an open frame has so far.
  func count(of frame: UInt64) -> Int {
    if let last = frames.last, last.identity == frame { return last.count }
    return owner(of: frame)?.frames.last { $0.identity == frame }?.count ?? 0
  }

  /// Takes back the entry or element that was begun last and whose value could not be encoded.
  func abandonItem(at start: Int, isEntry: Bool) {
    bytes.removeLast(bytes.count - start)
    if isEntry { entries.removeLast() }
    frames[frames.count - 1].count -= 1
  }

  /// Puts a key on the path of what the last frame encodes next, in place of its last one.
  func setPath(_ key: some CodingKey) {
    let count = frames[frames.count - 1].pathCount
    if path.count > count { path.removeLast(path.count - count) }
    path.append(key)
  }

  func fail(_ frame: UInt64) {
    session.fail(.encoderMisuse(path: dotted(codingPath(of: frame))))
  }
}
