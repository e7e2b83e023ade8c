// What all containers of one decoding share: the input and how far it was read. Changes only itself.

/// Containers know their item by its index and their level by its number, so that decoding builds no tree, and a map in the
/// order of its type's keys is read from front to back without an index.
///
/// It works on memory that is lent to it for one call, and gives it up in `close`: a decoder that a type keeps beyond its
/// `init(from:)` finds an empty input and no levels, and throws.
final class DecodingSession {
  // Unchecked exclusivity is sound here: the class is not Sendable and stays in one call of `decode`, and no access to
  // these spans a call to code outside this target.
  @exclusivity(unchecked) private(set) var input: CBORInput
  @exclusivity(unchecked) private var cursors: UnsafeMutableBufferPointer<ReadingCursor>
  @exclusivity(unchecked) private(set) var indexes: [MapIndex] = []
  let shape: InputShape
  let userInfo: [CodingUserInfoKey: any Sendable]

  /// - Parameter cursors: initialized, one for each level of the input's nesting; lent until `close`.
  init(
    input: CBORInput, shape: InputShape, cursors: UnsafeMutableBufferPointer<ReadingCursor>,
    userInfo: [CodingUserInfoKey: any Sendable]
  ) {
    self.input = input
    self.shape = shape
    self.cursors = cursors
    self.userInfo = userInfo
  }

  /// Gives up all that was lent. Whoever still holds a decoder can do nothing with it.
  func close() {
    input = .nothing
    cursors = UnsafeMutableBufferPointer(start: nil, count: 0)
    indexes = []
  }

  // MARK: Values

  /// Decodes the value at an index. `depth` is the number of keys that lead to it.
  @inline(__always)
  func decode<T: Decodable>(_ type: T.Type, at index: Int, depth: Int) throws -> T {
    if T.self == String.self { return same(try read(String.self, at: index, depth: depth)) }
    if T.self == [UInt8].self { return same(try read([UInt8].self, at: index, depth: depth)) }
    if T.self == UInt64.self { return same(try read(UInt64.self, at: index, depth: depth)) }
    if T.self == Int.self { return same(try read(Int.self, at: index, depth: depth)) }
    if T.self == Int64.self { return same(try read(Int64.self, at: index, depth: depth)) }
    if T.self == Double.self { return same(try read(Double.self, at: index, depth: depth)) }
    return try decodeItself(type, at: index, depth: depth)
  }

  /// Decodes a value that decodes itself.
  private func decodeItself<T: Decodable>(_ type: T.Type, at index: Int, depth: Int) throws -> T {
    if T.self == [String].self, let texts = try texts(at: index, depth: depth) { return same(texts) }
    if T.self == [String: String].self, let texts = try textMap(at: index, depth: depth) {
      return same(texts)
    }
    if mayBeCollection(type, at: index) { return try decodeCollection(type, at: index, depth: depth) }
    return try T(from: ItemDecoder(session: self, index: index, depth: depth))
  }

  /// Reads a scalar, and notes in its container where it ends.
  @inline(__always)
  func read<V: WireScalar>(_ type: V.Type = V.self, at index: Int, depth: Int) throws -> V {
    var end = index
    let value: V
    do {
      value = try V.read(input, &end)
    } catch {
      throw error.publicError(V.self, path: codingPath(depth))
    }
    passed(index, end: end, depth: depth)
    return value
  }

  @inline(__always)
  func readIfPresent<V: WireScalar>(_ type: V.Type = V.self, at index: Int?, depth: Int) throws -> V? {
    guard let index else { return nil }
    return try read(V.self, at: index, depth: depth)
  }

  /// Notes where the value ends that its container, one level up, read last.
  @inline(__always)
  func passed(_ index: Int, end: Int, depth: Int) {
    let level = depth - 1
    guard UInt(bitPattern: level) < UInt(bitPattern: cursors.count), cursors[level].value == index else {
      return
    }
    cursors[level].next = end
    cursors[level].isPending = false
  }

  // MARK: Levels

  /// The cursor of a level, for a moment; none after the end of the decoding.
  @inline(__always)
  func cursor(_ level: Int) throws(CBORError) -> UnsafeMutablePointer<ReadingCursor> {
    guard UInt(bitPattern: level) < UInt(bitPattern: cursors.count), let base = cursors.baseAddress else {
      throw .decoderMisuse
    }
    return base + level
  }

  /// The index after an item, which stands one level below `level - 1`. If a container that was read through is the item,
  /// it is not read again.
  func end(of index: Int, level: Int) throws(CBORError) -> Int {
    guard shape.isOrdered, UInt(bitPattern: level) < UInt(bitPattern: cursors.count),
      cursors[level].container == index
    else { return try input.skip(index) }
    let cursor = cursors[level]
    let next = cursor.isPending ? try end(of: cursor.value, level: level + 1) : cursor.next
    if cursor.left == 0 { return next }
    return try input.skip(next, items: cursor.keyType == nil ? cursor.left : cursor.left * 2)
  }

  /// The index after the item that a container at `level` took up last. Its value was decoded just now.
  @inline(__always)
  func end(ofItem index: Int, in container: Int, level: Int) throws(CBORError) -> Int {
    let cursor = try cursor(level)
    if cursor.pointee.container == container, cursor.pointee.value == index, !cursor.pointee.isPending {
      return cursor.pointee.next
    }
    return try end(of: index, level: level + 1)
  }

  /// Whether the index of this map is there.
  @inline(__always)
  func hasIndex(ofMap start: Int, level: Int) -> Bool { level < indexes.count && indexes[level].map == start }

  /// Makes the index of a map, if it is not there. False if the map holds a key twice.
  func makeIndex(ofMap start: Int, level: Int) throws(CBORError) -> Bool {
    if hasIndex(ofMap: start, level: level) { return true }
    guard level < cursors.count else { throw .decoderMisuse }
    while indexes.count <= level { indexes.append(MapIndex()) }
    return try indexes[level].fill(from: input, map: start)
  }

  /// The keys that lead to an item, outermost first.
  func codingPath(_ depth: Int) -> [any CodingKey] {
    var path: [any CodingKey] = []
    for cursor in cursors.prefix(depth) where cursor.container >= 0 && cursor.key >= 0 {
      if let type = cursor.keyType {
        path.append(WireKey.key(at: cursor.key, in: input, as: type))
      } else {
        path.append(IndexKey(cursor.key))
      }
    }
    return path
  }
}
