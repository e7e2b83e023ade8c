// `KeyedEncodingContainer` over the encoding buffer. Changes only that buffer.

struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let buffer: EncodingBuffer
  let frame: UInt64

  var codingPath: [any CodingKey] { buffer.codingPath(of: frame) }

  mutating func encodeNil(forKey key: Key) throws { try entry(key).bytes.appendNil() }

  // Written out because a generic method of a generic type is not specialized where the standard library calls it.
  mutating func encode(_ value: Bool, forKey key: Key) throws {
    try entry(key).bytes.appendBool(value)
  }
  mutating func encode(_ value: String, forKey key: Key) throws {
    try entry(key).bytes.appendText(value)
  }
  mutating func encode(_ value: Double, forKey key: Key) throws {
    try entry(key).bytes.appendFloat(value)
  }
  mutating func encode(_ value: Float, forKey key: Key) throws {
    try entry(key).bytes.appendFloat(Double(value))
  }
  mutating func encode(_ value: Int, forKey key: Key) throws {
    try entry(key).bytes.appendSigned(Int64(value))
  }
  mutating func encode(_ value: Int8, forKey key: Key) throws {
    try entry(key).bytes.appendSigned(Int64(value))
  }
  mutating func encode(_ value: Int16, forKey key: Key) throws {
    try entry(key).bytes.appendSigned(Int64(value))
  }
  mutating func encode(_ value: Int32, forKey key: Key) throws {
    try entry(key).bytes.appendSigned(Int64(value))
  }
  mutating func encode(_ value: Int64, forKey key: Key) throws {
    try entry(key).bytes.appendSigned(value)
  }
  mutating func encode(_ value: UInt, forKey key: Key) throws {
    try entry(key).bytes.appendUnsigned(UInt64(value))
  }
  mutating func encode(_ value: UInt8, forKey key: Key) throws {
    try entry(key).bytes.appendUnsigned(UInt64(value))
  }
  mutating func encode(_ value: UInt16, forKey key: Key) throws {
    try entry(key).bytes.appendUnsigned(UInt64(value))
  }
  mutating func encode(_ value: UInt32, forKey key: Key) throws {
    try entry(key).bytes.appendUnsigned(UInt64(value))
  }
  mutating func encode(_ value: UInt64, forKey key: Key) throws {
    try entry(key).bytes.appendUnsigned(value)
  }

  mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    let target = try buffer.target(frame)
    let start = target.bytes.count
    target.beginEntry(key)
    try target.appendValue(value, ofEntryAt: start)
  }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    nested(key).container(keyedBy: keyType)
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    nested(key).unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { nested(SuperKey()) }

  mutating func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

  /// Begins an entry and returns the buffer that its value goes to.
  @inline(__always)
  private func entry(_ key: Key) throws -> EncodingBuffer {
    let target = try buffer.target(frame)
    target.beginEntry(key)
    return target
  }

  private func nested(_ key: some CodingKey) -> ItemEncoder {
    guard let target = buffer.buffer(of: frame) else {
      buffer.fail(frame)
      return ItemEncoder(buffer: buffer, frame: frame)
    }
    target.beginEntry(key)
    return ItemEncoder(buffer: target, frame: target.open(isNested: true))
  }
}
