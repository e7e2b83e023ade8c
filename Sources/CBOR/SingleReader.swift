// `SingleValueDecodingContainer` over one item of the input. Reads the input only.

struct SingleReader: SingleValueDecodingContainer {
  let item: ItemDecoder

  var codingPath: [any CodingKey] { item.codingPath }

  func decodeNil() -> Bool { item.session.input.isNil(at: item.index) }

  func decode(_ type: Bool.Type) throws -> Bool {
    try scalar { (input, index) throws(ScalarProblem) in try input.bool(at: index) }
  }

  func decode(_ type: String.Type) throws -> String {
    try scalar { (input, index) throws(ScalarProblem) in try input.text(at: index) }
  }

  func decode(_ type: Double.Type) throws -> Double {
    try scalar { (input, index) throws(ScalarProblem) in try input.double(at: index) }
  }

  func decode(_ type: Float.Type) throws -> Float {
    try scalar { (input, index) throws(ScalarProblem) in try input.float(at: index) }
  }

  func decode<I: FixedWidthInteger & Decodable>(_ type: I.Type) throws -> I {
    try scalar { (input, index) throws(ScalarProblem) in try input.integer(at: index) }
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try item.session.decode(type, by: item)
  }

  @inline(__always)
  private func scalar<V>(
    _ read: (CBORInput, Int) throws(ScalarProblem) -> V
  ) throws -> V {
    do {
      return try read(item.session.input, item.index)
    } catch {
      throw error.publicError(V.self, path: codingPath)
    }
  }
}
