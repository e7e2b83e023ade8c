// `KeyedDecodingContainer` over a map of the input. Reads the input only.

struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let session: DecodingSession
  let map: MapPlace

  init(_ item: ItemDecoder) throws {
    try item.expect(.map, as: [String: Any].self)
    session = item.session
    map = MapPlace(start: item.index, level: item.depth)
    try session.begin(map, Key.self)
  }

  var codingPath: [any CodingKey] { session.codingPath(map.level) }

  /// None if the decoding has ended, when nothing can be thrown here.
  var allKeys: [Key] { (try? session.keys(of: map, Key.self)) ?? [] }

  func contains(_ key: Key) -> Bool { ((try? session.value(of: key, in: map, Key.self)) ?? nil) != nil }

  func decodeNil(forKey key: Key) throws -> Bool { session.input.isNil(at: try place(of: key)) }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try session.decode(type, at: try place(of: key), depth: map.level + 1)
  }

  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    guard let index = try placeIfPresent(of: key) else { return nil }
    return try session.decode(type, at: index, depth: map.level + 1)
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
    ItemDecoder(session: session, index: try place(of: key), depth: map.level + 1)
  }

  /// The index of a key's value.
  @inline(__always)
  func place(of key: some CodingKey) throws -> Int {
    guard let index = try session.value(of: key, in: map, Key.self) else { throw notFound(key) }
    return index
  }

  /// The index of a key's value, unless that is nil.
  @inline(__always)
  func placeIfPresent(of key: Key) throws -> Int? {
    guard let index = try session.value(of: key, in: map, Key.self), !session.input.isNil(at: index) else {
      return nil
    }
    return index
  }

  private func notFound(_ key: some CodingKey) -> DecodingError {
    .keyNotFound(
      key, .init(codingPath: codingPath, debugDescription: "the map has no \"\(key.stringValue)\""))
  }
}

extension ItemDecoder {
  /// Checks that the item has this major type.
  @discardableResult
  func expect(_ major: MajorType, as type: Any.Type) throws -> ItemHead {
    let head = try session.input.head(at: index)
    guard head.major == major else {
      let problem: ScalarProblem = session.input.isNil(at: index) ? .isNil : .isOther(head.major)
      throw problem.publicError(type, path: codingPath)
    }
    return head
  }
}
