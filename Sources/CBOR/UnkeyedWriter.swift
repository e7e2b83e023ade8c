// `UnkeyedEncodingContainer` over the encoding buffer. Changes only that buffer.

struct UnkeyedWriter: UnkeyedEncodingContainer {
  let buffer: EncodingBuffer
  let frame: UInt64

  var codingPath: [any CodingKey] { buffer.codingPath(of: frame) }

  var count: Int { buffer.count(of: frame) }

  mutating func encodeNil() throws { try element().bytes.append(0xf6) }

  mutating func encode(_ value: Bool) throws { try element().bytes.append(value ? 0xf5 : 0xf4) }

  mutating func encode(_ value: String) throws { try element().bytes.appendText(value) }

  mutating func encode(_ value: Double) throws { try element().bytes.appendFloat(value) }

  mutating func encode(_ value: Float) throws { try element().bytes.appendFloat(Double(value)) }

  mutating func encode<I: FixedWidthInteger & Encodable>(_ value: I) throws {
    try element().bytes.appendInteger(value)
  }

  mutating func encode<T: Encodable>(_ value: T) throws {
    let target = try buffer.target(frame)
    let start = target.bytes.count
    if target.bytes.appendScalar(value) { return target.beginElement() }
    target.setPath(IndexKey(count))
    target.beginElement()
    do {
      try target.encode(value)
    } catch {
      target.abandonItem(at: start, isEntry: false)
      throw error
    }
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type
  ) -> KeyedEncodingContainer<NestedKey> {
    nested().container(keyedBy: keyType)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    nested().unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { nested() }

  /// Begins an element and returns the buffer that it goes to.
  private func element() throws -> EncodingBuffer {
    let target = try buffer.target(frame)
    target.beginElement()
    return target
  }

  private func nested() -> ItemEncoder {
    guard let target = buffer.buffer(of: frame) else {
      buffer.fail(frame)
      return ItemEncoder(buffer: buffer, frame: frame)
    }
    target.setPath(IndexKey(count))
    target.beginElement()
    return ItemEncoder(buffer: target, frame: target.open(isNested: true))
  }
}
