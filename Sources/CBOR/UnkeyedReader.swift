// `UnkeyedDecodingContainer` over an array of the input. Reads the input only.

struct UnkeyedReader: UnkeyedDecodingContainer {
  private let session: DecodingSession
  /// The index of the array's head, and its level.
  private let start: Int
  private let level: Int
  private let items: Int
  private var next: Int
  private(set) var currentIndex = 0

  init(_ item: ItemDecoder) throws {
    let head = try item.expect(.array, as: [Any].self)
    items = try item.session.input.itemCount(of: head, at: item.index)
    next = head.next
    start = item.index
    session = item.session
    level = item.depth
    try session.cursor(level).pointee.begin(start, first: next, count: items, keyType: nil)
  }

  var codingPath: [any CodingKey] { session.codingPath(level) }
  var count: Int? { items }
  var isAtEnd: Bool { currentIndex >= items }

  mutating func decodeNil() throws -> Bool {
    try begin(Any?.self)
    guard session.input.isNil(at: next) else { return false }
    try advance()
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try scalar() }
  mutating func decode(_ type: String.Type) throws -> String { try scalar() }
  mutating func decode(_ type: Double.Type) throws -> Double { try scalar() }
  mutating func decode(_ type: Float.Type) throws -> Float { try scalar() }
  mutating func decode(_ type: Int.Type) throws -> Int { try scalar() }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try scalar() }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try scalar() }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try scalar() }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try scalar() }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try scalar() }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try scalar() }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try scalar() }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try scalar() }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try scalar() }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try begin(type)
    let value = try session.decode(type, at: next, depth: level + 1)
    try advance()
    return value
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    let container = try element([String: Any].self).container(keyedBy: type)
    try advance()
    return container
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let container = try element([Any].self).unkeyedContainer()
    try advance()
    return container
  }

  mutating func superDecoder() throws -> any Decoder {
    let decoder = try element((any Decoder).self)
    try advance()
    return decoder
  }

  private func element(_ type: Any.Type) throws -> ItemDecoder {
    try begin(type)
    return ItemDecoder(session: session, index: next, depth: level + 1)
  }

  /// Takes up the next element; throws if there is none.
  @inline(__always)
  private func begin(_ type: Any.Type) throws {
    guard currentIndex < items else { throw noMore(type) }
    try session.cursor(level).pointee.takeUp(currentIndex, of: items, at: next, in: start)
  }

  private func noMore(_ type: Any.Type) -> DecodingError {
    .valueNotFound(
      type,
      .init(
        codingPath: codingPath + [IndexKey(currentIndex)],
        debugDescription: "the array has only \(items) elements"))
  }

  /// Leaves the element that was taken up. Where it ends, the last one need not know.
  @inline(__always)
  private mutating func advance() throws {
    currentIndex += 1
    guard currentIndex < items else { return }
    next = try session.end(ofItem: next, in: start, level: level)
  }

  @inline(__always)
  private mutating func scalar<V: WireScalar>() throws -> V {
    try begin(V.self)
    let value: V = try session.read(at: next, depth: level + 1)
    try advance()
    return value
  }
}
