// `UnkeyedDecodingContainer` over an array of the input. Reads the input only.

struct UnkeyedReader: UnkeyedDecodingContainer {
  private let session: DecodingSession
  private let depth: Int
  private let items: Int
  private var next: Int
  private(set) var currentIndex = 0

  init(_ item: ItemDecoder) throws {
    let head = try item.expect(.array, as: [Any].self)
    items = try item.session.input.itemCount(of: head, at: item.index)
    next = head.next
    session = item.session
    depth = item.depth
  }

  var codingPath: [any CodingKey] { session.codingPath(depth) }
  var count: Int? { items }
  var isAtEnd: Bool { currentIndex >= items }

  mutating func decodeNil() throws -> Bool {
    try requireElement(Any?.self)
    guard session.input.isNil(at: next) else { return false }
    try advance()
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool {
    try scalar { (input, index) throws(ScalarProblem) in try input.bool(at: index) }
  }

  mutating func decode(_ type: String.Type) throws -> String {
    try scalar { (input, index) throws(ScalarProblem) in try input.text(at: index) }
  }

  mutating func decode(_ type: Double.Type) throws -> Double {
    try scalar { (input, index) throws(ScalarProblem) in try input.double(at: index) }
  }

  mutating func decode(_ type: Float.Type) throws -> Float {
    try scalar { (input, index) throws(ScalarProblem) in try input.float(at: index) }
  }

  mutating func decode<I: FixedWidthInteger & Decodable>(_ type: I.Type) throws -> I {
    try scalar { (input, index) throws(ScalarProblem) in try input.integer(at: index) }
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try requireElement(type)
    let value = try session.decode(type, at: next, key: IndexKey(currentIndex), depth: depth)
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
    try requireElement(type)
    return session.descend(to: next, key: IndexKey(currentIndex), depth: depth)
  }

  private func requireElement(_ type: Any.Type) throws {
    guard isAtEnd else { return }
    throw DecodingError.valueNotFound(
      type,
      .init(
        codingPath: codingPath + [IndexKey(currentIndex)],
        debugDescription: "the array has only \(items) elements"))
  }

  private mutating func advance() throws {
    currentIndex += 1
    if currentIndex < items { next = try session.input.skip(next) }
  }

  @inline(__always)
  private mutating func scalar<V>(
    _ read: (CBORInput, Int) throws(ScalarProblem) -> V
  ) throws -> V {
    try requireElement(V.self)
    let value: V
    do {
      value = try read(session.input, next)
    } catch {
      throw error.publicError(V.self, path: codingPath + [IndexKey(currentIndex)])
    }
    try advance()
    return value
  }
}
