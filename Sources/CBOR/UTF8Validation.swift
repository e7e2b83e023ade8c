// Validation of UTF-8 without building a string (RFC 3629 §4). A pure function; touches nothing.

/// Whether the bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
@inline(__always)
func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
  var index = 0
  // Most text is ASCII: eight bytes at a time.
  while bytes.count - index >= 8 {
    if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
      return isValidUTF8(bytes, from: index)
    }
    index += 8
  }
  while index < bytes.count {
    if bytes[index] >= 0x80 { return isValidUTF8(bytes, from: index) }
    index += 1
  }
  return true
}

/// The same, from the start of a character that may be any.
private func isValidUTF8(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
  var index = start
  let end = bytes.count
  while index < end {
    if end - index >= 8,
      bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    {
      index += 8
      continue
    }
    let first = bytes[index]
    index += 1
    if first < 0x80 { continue }
    let following: Int
    var allowed: ClosedRange<UInt8> = 0x80...0xbf
    switch first {
    case 0xc2...0xdf: following = 1
    case 0xe0: (following, allowed) = (2, 0xa0...0xbf)
    case 0xed: (following, allowed) = (2, 0x80...0x9f)
    case 0xe1...0xef: following = 2
    case 0xf0: (following, allowed) = (3, 0x90...0xbf)
    case 0xf1...0xf3: following = 3
    case 0xf4: (following, allowed) = (3, 0x80...0x8f)
    default: return false
    }
    guard end - index >= following else { return false }
    for position in index..<index + following {
      guard allowed.contains(bytes[position]) else { return false }
      allowed = 0x80...0xbf
    }
    index += following
  }
  return true
}
