// Fixed-width integers in byte arrays: pure.

extension [UInt8] {
  mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}

extension FixedWidthInteger {
  /// From the first bytes; nil when there are too few.
  init?(littleEndianBytes bytes: ArraySlice<UInt8>) {
    let width = Self.bitWidth / 8
    guard bytes.count >= width else { return nil }
    self = bytes.withUnsafeBytes { Self(littleEndian: $0.loadUnaligned(as: Self.self)) }
  }

  /// From the first bytes; nil when there are too few.
  init?(bigEndianBytes bytes: ArraySlice<UInt8>) {
    guard let swapped = Self(littleEndianBytes: bytes) else { return nil }
    self = swapped.byteSwapped
  }
}
