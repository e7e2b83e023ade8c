// Half-precision floating point (IEEE 754 binary16) by bits, as not every platform has `Float16`. Pure functions.

/// The value of a half-precision number (RFC 8949 appendix D).
func doubleValue(ofHalf bits: UInt16) -> Double {
  let exponent = Int(bits >> 10 & 0x1f)
  let fraction = Double(bits & 0x3ff)
  let magnitude: Double
  switch exponent {
  case 0: magnitude = fraction * 0x1p-24
  case 31: magnitude = fraction == 0 ? .infinity : .nan
  default: magnitude = Double(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
  }
  return bits & 0x8000 == 0 ? magnitude : -magnitude
}

/// The half-precision number with exactly this value, or nil if there is none. Not-a-number has none here.
func halfPrecisionBits(exactly value: Float) -> UInt16? {
  let bits = value.bitPattern
  let sign = UInt16(bits >> 31) << 15
  let fraction = bits & 0x7f_ffff
  let biased = Int(bits >> 23 & 0xff)
  if biased == 0 { return fraction == 0 ? sign : nil }
  if biased == 255 { return fraction == 0 ? sign | 0x7c00 : nil }
  let exponent = biased - 127
  if (-14...15).contains(exponent) {
    guard fraction & 0x1fff == 0 else { return nil }
    return sign | UInt16(exponent + 15) << 10 | UInt16(fraction >> 13)
  }
  guard (-24..<(-14)).contains(exponent) else { return nil }
  let shift = UInt32(-1 - exponent)
  let significand = fraction | 0x80_0000
  guard significand & (1 << shift - 1) == 0 else { return nil }
  return sign | UInt16(significand >> shift)
}
