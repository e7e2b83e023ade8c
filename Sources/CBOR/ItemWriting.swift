// Appends scalars in their shortest form (RFC 8949 §4.2.1). Changes only the stack it is called on.

extension GrowingStack where Element == UInt8 {
  @inline(__always)
  mutating func appendNil() { append(0xf6) }

  @inline(__always)
  mutating func appendBool(_ value: Bool) { append(value ? 0xf5 : 0xf4) }

  @inline(__always)
  mutating func appendText(_ text: String) {
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { utf8 in
      appendHead(.text, UInt64(utf8.count))
      append(contentsOf: UnsafeRawBufferPointer(utf8))
    }
    if isDone == nil { appendForeignText(text) }
  }

  /// A text that is not UTF-8 in memory, as some of the platform's own on macOS.
  private mutating func appendForeignText(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      appendHead(.text, UInt64(utf8.count))
      append(contentsOf: UnsafeRawBufferPointer(utf8))
    }
  }

  mutating func appendBytes(_ bytes: [UInt8]) {
    appendHead(.bytes, UInt64(bytes.count))
    bytes.withUnsafeBytes { append(contentsOf: $0) }
  }

  /// Appends the shortest of half, single and double precision that has the same value. Every NaN becomes `f97e00`.
  mutating func appendFloat(_ value: Double) {
    if value.isNaN {
      append(0xf9, 0x7e00 as UInt16)
    } else if let single = Float(exactly: value) {
      if let half = halfPrecisionBits(exactly: single) {
        append(0xf9, half)
      } else {
        append(0xfa, single.bitPattern)
      }
    } else {
      append(0xfb, value.bitPattern)
    }
  }

  @inline(__always)
  mutating func appendUnsigned(_ value: UInt64) { appendHead(.unsigned, value) }

  @inline(__always)
  mutating func appendSigned(_ value: Int64) {
    if value >= 0 {
      appendHead(.unsigned, UInt64(bitPattern: value))
    } else {
      appendHead(.negative, UInt64(bitPattern: ~value))
    }
  }

  /// Appends a value of the commonest types without asking it to encode itself; returns false for all others.
  @inline(__always)
  mutating func appendScalar<T>(_ value: T) -> Bool {
    if T.self == String.self {
      appendText(same(value))
    } else if T.self == [UInt8].self {
      appendBytes(same(value))
    } else if T.self == UInt64.self {
      appendUnsigned(same(value))
    } else if T.self == Int.self {
      appendSigned(Int64(same(value) as Int))
    } else if T.self == Int64.self {
      appendSigned(same(value))
    } else if T.self == Double.self {
      appendFloat(same(value))
    } else {
      return false
    }
    return true
  }

  /// Appends a map key: the integer of a key that has one, else its text.
  @inline(__always)
  mutating func appendKey(_ key: some CodingKey) {
    if let integer = wireInteger(of: key) {
      appendSigned(Int64(integer))
    } else {
      appendText(key.stringValue)
    }
  }
}

/// A value whose type was found to be `U`.
@inline(__always)
func same<T, U>(_ value: T) -> U {
  // Sound because callers have compared the two types, which are one and the same.
  unsafeBitCast(value, to: U.self)
}
