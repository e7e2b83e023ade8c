// The one buffer that a value and all it contains are encoded into. Changes only itself.

/// Bytes written so far, and the frames of the values that are open, innermost last.
///
/// A value is written where it belongs as soon as it comes. Maps are sorted and heads filled in when their frame closes
/// (`EncodingBuffer+Closing`). `Codable` allows a parent to go on while a nested container is open; only then does the
/// nested one move out, into a buffer of its own, and back when the parent closes (`EncodingBuffer+Nesting`).
///
/// It works on memory that is lent to it for one call, and gives it up in `release`: an encoder that a type keeps beyond its
/// `encode(to:)` finds no frame of its own any more, and what it writes is an error.
final class EncodingBuffer {
  let limits: CBORLimits
  let userInfo: [CodingUserInfoKey: any Sendable]
  /// The buffer of the whole encoding; nil for that buffer itself.
  private let root: EncodingBuffer?
  // Unchecked exclusivity, which is a sixth of the time of an encoding, is sound here: the class is not Sendable and
  // stays in one call of `encode`, and no access to these spans a call to code outside this target.
  @exclusivity(unchecked) var bytes: GrowingStack<UInt8>
  @exclusivity(unchecked) var frames: GrowingStack<EncodingFrame>
  @exclusivity(unchecked) var entries: GrowingStack<EncodingEntry>
  /// Arrays and maps open around the next item.
  @exclusivity(unchecked) var depth = 0
  /// The keys that lead to the first frame.
  var basePath: [any CodingKey] = []

  // Of the whole encoding, so used through `whole` only.
  /// The next step that can throw throws it, and at the latest the end of the encoding.
  @exclusivity(unchecked) private var failure: CBORError?
  @exclusivity(unchecked) private var hasFailed = false
  @exclusivity(unchecked) private var lastIdentity: UInt64 = 0
  /// Nested values that are still open while their parent goes on, by the parent's identity.
  @exclusivity(unchecked) private var allDetached: [UInt64: [DetachedValue]]?
  @exclusivity(unchecked) private var lastUnordered: (type: ObjectIdentifier, kind: UnorderedKind)?

  init(
    limits: CBORLimits, userInfo: [CodingUserInfoKey: any Sendable],
    bytes: UnsafeMutableBufferPointer<UInt8>, frames: UnsafeMutableBufferPointer<EncodingFrame>,
    entries: UnsafeMutableBufferPointer<EncodingEntry>
  ) {
    self.limits = limits
    self.userInfo = userInfo
    root = nil
    self.bytes = GrowingStack(lent: bytes)
    self.frames = GrowingStack(lent: frames)
    self.entries = GrowingStack(lent: entries)
  }

  /// A buffer for values that move out of another.
  init(movedOutOf other: EncodingBuffer) {
    limits = other.limits
    userInfo = other.userInfo
    root = other.whole
    bytes = GrowingStack(capacity: 64)
    frames = GrowingStack(capacity: 4)
    entries = GrowingStack(capacity: 4)
  }

  deinit {
    bytes.release()
    frames.release()
    entries.release()
  }

  /// Gives up all that was lent. Whoever still holds an encoder can do nothing with it.
  func release() {
    bytes.release()
    frames.release()
    entries.release()
    // Also ends the circle of a buffer that moved out and its root.
    allDetached = nil
    hasFailed = true
  }

  /// The finished bytes, until the next change.
  func finish() throws -> UnsafeRawBufferPointer {
    while frames.count > 0 { try closeLast() }
    try check()
    return UnsafeRawBufferPointer(bytes.contents)
  }

  // MARK: The whole encoding

  @inline(__always)
  private var whole: EncodingBuffer { root ?? self }

  var detached: [UInt64: [DetachedValue]] {
    get { whole.allDetached ?? [:] }
    set { whole.allDetached = newValue }
  }

  @inline(__always)
  var hasDetached: Bool { if let root { root.allDetached != nil } else { allDetached != nil } }

  @inline(__always)
  private func nextIdentity() -> UInt64 {
    if let root { return root.nextIdentity() }
    lastIdentity += 1
    return lastIdentity
  }

  func fail(_ error: CBORError) {
    let whole = whole
    guard !whole.hasFailed else { return }
    (whole.failure, whole.hasFailed) = (error, true)
  }

  func fail(_ frame: UInt64) { fail(.encoderMisuse(path: dotted(codingPath(of: frame)))) }

  @inline(__always)
  func check(depth: Int, at offset: Int) {
    if depth > limits.maximumDepth { fail(.tooDeep(limit: limits.maximumDepth, at: offset)) }
  }

  /// Throws what went wrong before, and past the limit of the length, so that no buffer grows far beyond it.
  @inline(__always)
  private func check() throws {
    let hasFailed = if let root { root.hasFailed } else { self.hasFailed }
    if hasFailed || bytes.count > limits.maximumBytes { throw problem() }
  }

  private func problem() -> CBORError {
    if whole.hasFailed { return whole.failure ?? .encoderMisuse(path: "") }
    return .tooLarge(bytes: bytes.count, limit: limits.maximumBytes)
  }

  // MARK: Values

  /// Writes a whole value at the end of the buffer. If its `encode(to:)` throws, nothing of it stays.
  @inline(__always)
  func encode<T: Encodable>(_ value: T) throws {
    if !bytes.appendScalar(value) { try encodeItself(value) }
  }

  /// Writes a value that encodes itself.
  func encodeItself<T: Encodable>(_ value: T) throws {
    if T.self == [String].self { return encodeTexts(same(value)) }
    if T.self == [String: String].self { return try encodeTextMap(same(value)) }
    let mark = (frames: frames.count, entries: entries.count, bytes: bytes.count, depth: depth)
    let frame = open(isNested: false)
    do {
      try value.encode(to: ItemEncoder(buffer: self, frame: frame))
      try close(frame, of: T.self)
    } catch {
      while frames.count > mark.frames {
        guard let frame = frames.popLast() else { break }
        if hasDetached { detached[frame.identity] = nil }
      }
      entries.removeLast(entries.count - mark.entries)
      bytes.removeLast(bytes.count - mark.bytes)
      depth = mark.depth
      throw error
    }
  }

  /// Starts a value at the end of the buffer.
  @inline(__always)
  func open(isNested: Bool) -> UInt64 {
    let identity = nextIdentity()
    frames.append(
      EncodingFrame(identity: identity, start: bytes.count, firstEntry: entries.count, isNested: isNested))
    return identity
  }

  @inline(__always)
  private func close<T>(_ frame: UInt64, of type: T.Type) throws {
    while let last = frames.last, last.identity != frame { try closeLast() }
    guard let last = frames.last else { throw CBORError.encoderMisuse(path: "") }
    if last.kind == .array, last.count > 1 { frames[frames.count - 1].unordered = unorderedKind(of: T.self) }
    try closeLast()
  }

  /// The question is a search of the runtime, so the last answer is kept.
  private func unorderedKind(of type: Any.Type) -> UnorderedKind {
    let whole = whole
    if let last = whole.lastUnordered, last.type == ObjectIdentifier(type) { return last.kind }
    let kind = (type as? any UnorderedOnTheWire.Type)?.unorderedKind ?? .none
    whole.lastUnordered = (ObjectIdentifier(type), kind)
    return kind
  }

  /// Makes a value a map, an array or a single one, as its `encode(to:)` asks for a container.
  @inline(__always)
  func become(_ kind: EncodingFrameKind, frame: UInt64, keyType: (any CodingKey.Type)? = nil) {
    guard let buffer = buffer(of: frame) else { return fail(frame) }
    let last = buffer.frames.count - 1
    guard buffer.frames[last].kind == .undecided else {
      if buffer.frames[last].kind != kind || kind == .single { fail(frame) }
      return
    }
    buffer.frames[last].kind = kind
    guard kind != .single else { return }
    buffer.frames[last].keyType = keyType
    buffer.bytes.append(0)
    buffer.depth += 1
    check(depth: buffer.depth, at: buffer.bytes.count - 1)
  }

  // MARK: Steps of containers

  /// Where a container of this frame writes next.
  @inline(__always)
  func target(_ frame: UInt64) throws -> EncodingBuffer {
    guard let buffer = buffer(of: frame) else {
      try check()
      throw CBORError.encoderMisuse(path: dotted(codingPath(of: frame)))
    }
    try buffer.check()
    return buffer
  }

  /// Starts the entry of a map, in the last frame.
  @inline(__always)
  func beginEntry(_ key: some CodingKey) {
    let start = bytes.count
    bytes.appendKey(key)
    noteEntry(from: start)
  }

  /// Starts the entry of a map, under an integer.
  @inline(__always)
  func beginEntry(number: Int) {
    let start = bytes.count
    bytes.appendSigned(Int64(number))
    noteEntry(from: start)
  }

  /// The value of the entry that begins at `start`. When it cannot be encoded, nothing of the entry stays.
  @inline(__always)
  func appendValue<T: Encodable>(_ value: T, ofEntryAt start: Int) throws {
    if bytes.appendScalar(value) { return }
    do {
      try encodeItself(value)
    } catch {
      abandonItem(at: start, isEntry: true)
      throw error
    }
  }

  private func noteEntry(from start: Int) {
    let top = frames.count - 1
    if let last = entries.last, frames[top].count > 0, frames[top].isSorted {
      frames[top].isSorted = isBefore(last.keyStart..<last.keyEnd, start..<bytes.count)
    }
    frames[top].count += 1
    entries.append(EncodingEntry(keyStart: start, keyEnd: bytes.count))
  }

  /// Whether one stretch of bytes comes before another: bytewise, a prefix first.
  @inline(__always)
  func isBefore(_ first: Range<Int>, _ second: Range<Int>) -> Bool {
    let (one, other) = (bytes[first.lowerBound], bytes[second.lowerBound])
    if one != other { return one < other }
    return isBytewise(bytes.stretch(first), before: bytes.stretch(second))
  }

  /// Starts an element of an array, in the last frame.
  @inline(__always)
  func beginElement() { frames[frames.count - 1].count += 1 }

  /// How many entries or elements an open frame has so far.
  func count(of frame: UInt64) -> Int {
    if let last = frames.last, last.identity == frame { return last.count }
    return owner(of: frame)?.frames.contents.last { $0.identity == frame }?.count ?? 0
  }

  /// Takes back the entry or element that was begun last and whose value could not be encoded.
  func abandonItem(at start: Int, isEntry: Bool) {
    bytes.removeLast(bytes.count - start)
    if isEntry { entries.removeLast(1) }
    frames[frames.count - 1].count -= 1
  }
}
