// Appends heads and scalars in their shortest form (RFC 8949 §4.2.1). Changes only the array it is called on.

extension [UInt8] {
  /// Appends an initial byte and the shortest argument.
  mutating func appendHead(_ major: MajorType, _ argument: UInt64) {
    let type = major.rawValue << 5
    switch argument {
    case 0..<24: append(type | UInt8(truncatingIfNeeded: argument))
    case 24...0xff:
      append(type | 24)
      append(UInt8(truncatingIfNeeded: argument))
    case 0x100...0xffff:
      append(type | 25)
      appendBigEndian(argument, bytes: 2)
    case 0x1_0000...0xffff_ffff:
      append(type | 26)
      appendBigEndian(argument, bytes: 4)
    default:
      append(type | 27)
      appendBigEndian(argument, bytes: 8)
    }
  }

  private mutating func appendBigEndian(_ value: UInt64, bytes: Int) {
    for shift in stride(from: (bytes - 1) * 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  mutating func appendText(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      appendHead(.text, UInt64(utf8.count))
      append(contentsOf: utf8)
    }
  }

  /// Appends the shortest of half, single and double precision that has the same value. Every NaN becomes `f97e00`.
  mutating func appendFloat(_ value: Double) {
    if value.isNaN {
      append(contentsOf: [0xf9, 0x7e, 0x00])
    } else if let single = Float(exactly: value) {
      if let half = halfPrecisionBits(exactly: single) {
        append(0xf9)
        appendBigEndian(UInt64(half), bytes: 2)
      } else {
        append(0xfa)
        appendBigEndian(UInt64(single.bitPattern), bytes: 4)
      }
    } else {
      append(0xfb)
      appendBigEndian(value.bitPattern, bytes: 8)
    }
  }

  /// Appends an integer of at most 64 bits.
  mutating func appendInteger<I: FixedWidthInteger>(_ value: I) {
    if value >= 0 {
      appendHead(.unsigned, UInt64(truncatingIfNeeded: value))
    } else {
      appendHead(.negative, UInt64(truncatingIfNeeded: ~value))
    }
  }

  /// Appends a value of the commonest types without asking it to encode itself; returns false for all others.
  @inline(__always)
  mutating func appendScalar<T>(_ value: T) -> Bool {
    if let value = identical(value, as: [UInt8].self) {
      appendHead(.bytes, UInt64(value.count))
      append(contentsOf: value)
    } else if let value = identical(value, as: String.self) {
      appendText(value)
    } else if let value = identical(value, as: Int.self) {
      appendInteger(value)
    } else if let value = identical(value, as: UInt64.self) {
      appendInteger(value)
    } else if let value = identical(value, as: Int64.self) {
      appendInteger(value)
    } else if let value = identical(value, as: Double.self) {
      appendFloat(value)
    } else {
      return false
    }
    return true
  }

  /// Appends a map key: the integer of a key that has one, else its text.
  mutating func appendKey(_ key: some CodingKey) {
    if let integer = wireInteger(of: key) {
      appendInteger(integer)
    } else {
      appendText(key.stringValue)
    }
  }
}

/// The value as what it is, if its static type is `U`. Much cheaper than a cast with `as?`.
@inline(__always)
func identical<T, U>(_ value: T, as type: U.Type) -> U? {
  // Sound because the two types are one and the same.
  T.self == U.self ? unsafeBitCast(value, to: U.self) : nil
}
