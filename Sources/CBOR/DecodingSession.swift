// What all containers of one decoding share: the input and the path to what is being decoded. Changes only itself.

/// Containers know their item by its index and their path by its length, so that decoding builds no tree.
///
/// The path is one array that siblings overwrite. Containers that are read in turns, which `Codable` allows, may so
/// report a sibling's path in an error; values are not affected.
final class DecodingSession {
  let input: CBORInput
  let userInfo: [CodingUserInfoKey: any Sendable]
  private var path: [any CodingKey] = []

  init(input: CBORInput, userInfo: [CodingUserInfoKey: any Sendable]) {
    self.input = input
    self.userInfo = userInfo
  }

  /// Decodes the outermost value.
  func decode<T: Decodable>(_ type: T.Type, at index: Int) throws -> T {
    try decode(type, by: ItemDecoder(session: self, index: index, depth: 0))
  }

  /// Decodes the value at an index, one key further down than `depth`.
  func decode<T: Decodable>(
    _ type: T.Type, at index: Int, key: some CodingKey, depth: Int
  ) throws -> T {
    do {
      if let scalar = try scalar(type, at: index) { return scalar }
    } catch {
      throw error.publicError(type, path: codingPath(depth) + [key])
    }
    return try T(from: descend(to: index, key: key, depth: depth))
  }

  /// A decoder for the item at an index, one key further down than `depth`.
  func descend(to index: Int, key: some CodingKey, depth: Int) -> ItemDecoder {
    if path.count > depth { path.removeLast(path.count - depth) }
    path.append(key)
    return ItemDecoder(session: self, index: index, depth: path.count)
  }

  func decode<T: Decodable>(_ type: T.Type, by item: ItemDecoder) throws -> T {
    do {
      if let scalar = try scalar(type, at: item.index) { return scalar }
    } catch {
      throw error.publicError(type, path: codingPath(item.depth))
    }
    return try T(from: item)
  }

  /// A value of the commonest types, read without asking the type to decode itself; nil for all others.
  @inline(__always)
  private func scalar<T>(_ type: T.Type, at index: Int) throws(ScalarProblem) -> T? {
    if T.self == [UInt8].self { return identical(try input.byteString(at: index), as: T.self) }
    if T.self == String.self { return identical(try input.text(at: index), as: T.self) }
    if T.self == Int.self { return identical(try input.integer(at: index) as Int, as: T.self) }
    if T.self == UInt64.self { return identical(try input.integer(at: index) as UInt64, as: T.self) }
    if T.self == Int64.self { return identical(try input.integer(at: index) as Int64, as: T.self) }
    if T.self == Double.self { return identical(try input.double(at: index), as: T.self) }
    return nil
  }

  /// The keys that lead to a container, outermost first.
  func codingPath(_ depth: Int) -> [any CodingKey] { Array(path.prefix(depth)) }
}
