// `SingleValueEncodingContainer` over the encoding buffer. Changes only that buffer.

struct SingleWriter: SingleValueEncodingContainer {
  let buffer: EncodingBuffer
  let frame: UInt64

  var codingPath: [any CodingKey] { buffer.codingPath(of: frame) }

  mutating func encodeNil() throws { try only().bytes.appendNil() }

  mutating func encode(_ value: Bool) throws { try only().bytes.appendBool(value) }
  mutating func encode(_ value: String) throws { try only().bytes.appendText(value) }
  mutating func encode(_ value: Double) throws { try only().bytes.appendFloat(value) }
  mutating func encode(_ value: Float) throws { try only().bytes.appendFloat(Double(value)) }
  mutating func encode(_ value: Int) throws { try only().bytes.appendSigned(Int64(value)) }
  mutating func encode(_ value: Int8) throws { try only().bytes.appendSigned(Int64(value)) }
  mutating func encode(_ value: Int16) throws { try only().bytes.appendSigned(Int64(value)) }
  mutating func encode(_ value: Int32) throws { try only().bytes.appendSigned(Int64(value)) }
  mutating func encode(_ value: Int64) throws { try only().bytes.appendSigned(value) }
  mutating func encode(_ value: UInt) throws { try only().bytes.appendUnsigned(UInt64(value)) }
  mutating func encode(_ value: UInt8) throws { try only().bytes.appendUnsigned(UInt64(value)) }
  mutating func encode(_ value: UInt16) throws { try only().bytes.appendUnsigned(UInt64(value)) }
  mutating func encode(_ value: UInt32) throws { try only().bytes.appendUnsigned(UInt64(value)) }
  mutating func encode(_ value: UInt64) throws { try only().bytes.appendUnsigned(value) }

  mutating func encode<T: Encodable>(_ value: T) throws {
    let target = try only()
    if target.bytes.appendScalar(value) { return }
    do {
      try target.encodeItself(value)
    } catch {
      target.abandonItem(at: target.bytes.count, isEntry: false)
      throw error
    }
  }

  /// The buffer that the one value goes to; a second one is an error.
  @inline(__always)
  private func only() throws -> EncodingBuffer {
    let target = try buffer.target(frame)
    guard target.count(of: frame) == 0 else {
      throw CBORError.encoderMisuse(path: dotted(codingPath))
    }
    target.beginElement()
    return target
  }
}
