// `SingleValueEncodingContainer` over the encoding buffer. Changes only that buffer.

struct SingleWriter: SingleValueEncodingContainer {
  let buffer: EncodingBuffer
  let frame: UInt64

  var codingPath: [any CodingKey] { buffer.codingPath(of: frame) }

  mutating func encodeNil() throws { try only().bytes.append(0xf6) }

  mutating func encode(_ value: Bool) throws { try only().bytes.append(value ? 0xf5 : 0xf4) }

  mutating func encode(_ value: String) throws { try only().bytes.appendText(value) }

  mutating func encode(_ value: Double) throws { try only().bytes.appendFloat(value) }

  mutating func encode(_ value: Float) throws { try only().bytes.appendFloat(Double(value)) }

  mutating func encode<I: FixedWidthInteger & Encodable>(_ value: I) throws {
    try only().bytes.appendInteger(value)
  }

  mutating func encode<T: Encodable>(_ value: T) throws {
    let target = try only()
    do {
      try target.encode(value)
    } catch {
      target.abandonItem(at: target.bytes.count, isEntry: false)
      throw error
    }
  }

  /// The buffer that the one value goes to; a second one is an error.
  private func only() throws -> EncodingBuffer {
    let target = try buffer.target(frame)
    guard target.count(of: frame) == 0 else {
      throw CBORError.encoderMisuse(path: dotted(codingPath))
    }
    target.beginElement()
    return target
  }
}
