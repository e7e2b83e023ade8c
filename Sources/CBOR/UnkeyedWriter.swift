// `UnkeyedEncodingContainer` over the encoding buffer. Changes only that buffer.

struct UnkeyedWriter: UnkeyedEncodingContainer {
  let buffer: EncodingBuffer
  let frame: UInt64

  var codingPath: [any CodingKey] { buffer.codingPath(of: frame) }

  var count: Int { buffer.count(of: frame) }

  mutating func encodeNil() throws { try element().bytes.appendNil() }

  mutating func encode(_ value: Bool) throws { try element().bytes.appendBool(value) }
  mutating func encode(_ value: String) throws { try element().bytes.appendText(value) }
  mutating func encode(_ value: Double) throws { try element().bytes.appendFloat(value) }
  mutating func encode(_ value: Float) throws { try element().bytes.appendFloat(Double(value)) }
  mutating func encode(_ value: Int) throws { try element().bytes.appendSigned(Int64(value)) }
  mutating func encode(_ value: Int8) throws { try element().bytes.appendSigned(Int64(value)) }
  mutating func encode(_ value: Int16) throws { try element().bytes.appendSigned(Int64(value)) }
  mutating func encode(_ value: Int32) throws { try element().bytes.appendSigned(Int64(value)) }
  mutating func encode(_ value: Int64) throws { try element().bytes.appendSigned(value) }
  mutating func encode(_ value: UInt) throws { try element().bytes.appendUnsigned(UInt64(value)) }
  mutating func encode(_ value: UInt8) throws { try element().bytes.appendUnsigned(UInt64(value)) }
  mutating func encode(_ value: UInt16) throws { try element().bytes.appendUnsigned(UInt64(value)) }
  mutating func encode(_ value: UInt32) throws { try element().bytes.appendUnsigned(UInt64(value)) }
  mutating func encode(_ value: UInt64) throws { try element().bytes.appendUnsigned(value) }

  mutating func encode<T: Encodable>(_ value: T) throws {
    let target = try buffer.target(frame)
    let start = target.bytes.count
    target.beginElement()
    if target.bytes.appendScalar(value) { return }
    do {
      try target.encodeItself(value)
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
  @inline(__always)
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
    target.beginElement()
    return ItemEncoder(buffer: target, frame: target.open(isNested: true))
  }
}
