// The bytewise lexicographic order that RFC 8949 §4.2.1 sorts by. Pure functions on bytes that the caller lends.

/// Whether one stretch of bytes comes before another: at the first byte that differs, else the shorter one.
@inline(__always)
func isBytewise(_ first: UnsafeRawBufferPointer, before second: UnsafeRawBufferPointer) -> Bool {
  let common = min(first.count, second.count)
  var index = 0
  while common - index >= 8 {
    let left = UInt64(bigEndian: first.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    let right = UInt64(bigEndian: second.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    if left != right { return left < right }
    index += 8
  }
  while index < common {
    if first[index] != second[index] { return first[index] < second[index] }
    index += 1
  }
  return first.count < second.count
}

/// Whether two stretches hold the same bytes.
@inline(__always)
func isBytewise(_ first: UnsafeRawBufferPointer, equalTo second: UnsafeRawBufferPointer) -> Bool {
  guard first.count == second.count else { return false }
  var index = 0
  while first.count - index >= 8 {
    if first.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      != second.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    {
      return false
    }
    index += 8
  }
  while index < first.count {
    if first[index] != second[index] { return false }
    index += 1
  }
  return true
}

/// The first eight bytes as a number that compares as they do, with zeros for what is missing.
@inline(__always)
func bytewisePrefix(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  if bytes.count >= 8 { return UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)) }
  var prefix: UInt64 = 0
  for index in 0..<bytes.count { prefix |= UInt64(bytes[index]) << UInt64(56 - 8 * index) }
  return prefix
}
