// `SingleValueDecodingContainer` over one item of the input. Reads the input only.

struct SingleReader: SingleValueDecodingContainer {
  let item: ItemDecoder

  var codingPath: [any CodingKey] { item.codingPath }

  func decodeNil() -> Bool { item.session.input.isNil(at: item.index) }

  func decode(_ type: Bool.Type) throws -> Bool { try scalar() }
  func decode(_ type: String.Type) throws -> String { try scalar() }
  func decode(_ type: Double.Type) throws -> Double { try scalar() }
  func decode(_ type: Float.Type) throws -> Float { try scalar() }
  func decode(_ type: Int.Type) throws -> Int { try scalar() }
  func decode(_ type: Int8.Type) throws -> Int8 { try scalar() }
  func decode(_ type: Int16.Type) throws -> Int16 { try scalar() }
  func decode(_ type: Int32.Type) throws -> Int32 { try scalar() }
  func decode(_ type: Int64.Type) throws -> Int64 { try scalar() }
  func decode(_ type: UInt.Type) throws -> UInt { try scalar() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try scalar() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try scalar() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try scalar() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try scalar() }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try item.session.decode(type, at: item.index, depth: item.depth)
  }

  @inline(__always)
  private func scalar<V: WireScalar>() throws -> V {
    try item.session.read(at: item.index, depth: item.depth)
  }
}
