// `KeyedDecodingContainer` over a map of the input. Reads the input only.

struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let session: DecodingSession
  private let map: MapIndex
  private let depth: Int

  init(_ item: ItemDecoder) throws {
    let head = try item.expect(.map, as: [String: Any].self)
    guard let map = try MapIndex(item.session.input, head: head, at: item.index) else {
      throw CBORError.duplicateKey(path: dotted(item.codingPath))
    }
    self.map = map
    session = item.session
    depth = item.depth
  }

  var codingPath: [any CodingKey] { session.codingPath(depth) }

  var allKeys: [Key] { map.keys(Key.self) }

  func contains(_ key: Key) -> Bool { map.value(of: key) != nil }

  func decodeNil(forKey key: Key) throws -> Bool { session.input.isNil(at: try value(of: key)) }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool {
    try scalar(key) { (input, index) throws(ScalarProblem) in try input.bool(at: index) }
  }

  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try scalar(key) { (input, index) throws(ScalarProblem) in try input.text(at: index) }
  }

  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    try scalar(key) { (input, index) throws(ScalarProblem) in try input.double(at: index) }
  }

  func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
    try scalar(key) { (input, index) throws(ScalarProblem) in try input.float(at: index) }
  }

  func decode<I: FixedWidthInteger & Decodable>(_ type: I.Type, forKey key: Key) throws -> I {
    try scalar(key) { (input, index) throws(ScalarProblem) in try input.integer(at: index) }
  }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try session.decode(type, at: try value(of: key), key: key, depth: depth)
  }

  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    guard let index = map.value(of: key), !session.input.isNil(at: index) else { return nil }
    return try session.decode(type, at: index, key: key, depth: depth)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try nested(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try nested(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try nested(SuperKey()) }

  func superDecoder(forKey key: Key) throws -> any Decoder { try nested(key) }

  private func nested(_ key: some CodingKey) throws -> ItemDecoder {
    session.descend(to: try value(of: key), key: key, depth: depth)
  }

  @inline(__always)
  private func value(of key: some CodingKey) throws -> Int {
    guard let index = map.value(of: key) else { throw notFound(key) }
    return index
  }

  private func notFound(_ key: some CodingKey) -> DecodingError {
    .keyNotFound(
      key, .init(codingPath: codingPath, debugDescription: "the map has no \"\(key.stringValue)\""))
  }

  @inline(__always)
  private func scalar<V>(
    _ key: Key, _ read: (CBORInput, Int) throws(ScalarProblem) -> V
  ) throws -> V {
    let index = try value(of: key)
    do {
      return try read(session.input, index)
    } catch {
      throw error.publicError(V.self, path: codingPath + [key])
    }
  }
}

extension ItemDecoder {
  /// The item's head if it has this major type.
  func expect(_ major: MajorType, as type: Any.Type) throws -> ItemHead {
    let head = try session.input.head(at: index)
    guard head.major == major else {
      let problem: ScalarProblem = session.input.isNil(at: index) ? .isNil : .isOther(head.major)
      throw problem.publicError(type, path: codingPath)
    }
    return head
  }
}
