// Reads integers and runs of bytes from memory that somebody else holds, never past its end: a value.

/// A position in some bytes. Must not outlive them.
struct ByteCursor {
  private var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) {
    rest = bytes
  }

  var count: Int { rest.count }

  /// A little-endian integer; nil when there are too few bytes.
  mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Integer? {
    take(Integer.bitWidth / 8).map { Integer(littleEndian: $0.loadUnaligned(as: Integer.self)) }
  }

  /// The next `count` bytes; nil when there are too few.
  mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count >= 0, count <= rest.count else { return nil }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
    return UnsafeRawBufferPointer(rebasing: rest[..<count])
  }

  mutating func takeRest() -> UnsafeRawBufferPointer {
    defer { rest = UnsafeRawBufferPointer(rebasing: rest[rest.count...]) }
    return rest
  }
}
