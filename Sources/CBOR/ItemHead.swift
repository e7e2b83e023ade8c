// The head of one data item: its initial byte and argument (RFC 8949 §3). Reads bytes it is given; touches nothing else.

/// The major types of RFC 8949 §3.1.
enum MajorType: UInt8 {
  case unsigned, negative, bytes, text, array, map, tag, simple

  /// That of an initial byte.
  @inline(__always)
  init(initial: UInt8) {
    // Sound because the three bits have eight values and the type has eight cases, numbered from 0 in this order.
    self = unsafeBitCast(initial >> 5, to: MajorType.self)
  }
}

/// A parsed head: `next` is the index of the byte after it.
struct ItemHead {
  var major: MajorType
  var information: UInt8
  var argument: UInt64
  var next: Int

  /// The initial byte carried 31: an indefinite length, or a break for `.simple`.
  var isIndefinite: Bool { information == 31 }
  var isBreak: Bool { major == .simple && information == 31 }
}

/// The bytes that a decoder reads, by their offset. They are the caller's: whoever holds an input must not outlive the
/// call that lends them (`DecodingSession` gives its own up at the end).
///
/// Every access is checked against `count`: heads in `head(at:)`, what follows them in `content(of:at:)`, which are the only
/// ways to an offset. So no bytes and no misuse can make it read beyond.
struct CBORInput {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// No bytes at all: every read of it is refused.
  static var nothing: CBORInput { CBORInput(UnsafeRawBufferPointer(start: nil, count: 0)) }

  var count: Int { bytes.count }

  @inline(__always)
  func head(at index: Int) throws(CBORError) -> ItemHead {
    // One comparison for both ends: a negative index is a very large unsigned one.
    guard UInt(bitPattern: index) < UInt(bitPattern: bytes.count) else { throw .truncated(at: index) }
    let initial = bytes[index]
    let information = initial & 0x1f
    let major = MajorType(initial: initial)
    if information < 24 {
      return ItemHead(
        major: major, information: information, argument: UInt64(information), next: index + 1)
    }
    return try longHead(at: index, major: major, information: information)
  }

  private func longHead(
    at index: Int, major: MajorType, information: UInt8
  ) throws(CBORError) -> ItemHead {
    if information == 31 {
      switch major {
      case .bytes, .text, .array, .map, .simple:
        return ItemHead(major: major, information: information, argument: 0, next: index + 1)
      case .unsigned, .negative, .tag:
        throw .malformed(.indefiniteNotAllowed, at: index)
      }
    }
    guard information < 28 else { throw .malformed(.reservedInformation, at: index) }
    let width = 1 << Int(information - 24)
    let start = index + 1
    // `head(at:)` has seen that `start` is at most `count`.
    guard width <= bytes.count - start else { throw .truncated(at: index) }
    let argument: UInt64
    switch width {
    case 1: argument = UInt64(bytes[start])
    case 2: argument = UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt16.self)))
    case 4: argument = UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
    default: argument = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }
    if major == .simple, information == 24, argument < 32 {
      throw .malformed(.invalidSimpleValue, at: index)
    }
    return ItemHead(major: major, information: information, argument: argument, next: start + width)
  }

  /// The content of a string of definite length whose head is given.
  @inline(__always)
  func content(of head: ItemHead, at index: Int) throws(CBORError) -> Range<Int> {
    guard head.argument <= UInt64(bytes.count - head.next) else { throw .truncated(at: index) }
    // Within the input, so neither the conversion nor the sum overflows.
    return Range(uncheckedBounds: (head.next, head.next &+ Int(truncatingIfNeeded: head.argument)))
  }

  /// How many items follow the head of an array or map of definite length: for a map, keys and values. Each takes at
  /// least one byte, so a larger claim than the bytes left is refused before anything is reserved.
  @inline(__always)
  func itemCount(of head: ItemHead, at index: Int) throws(CBORError) -> Int {
    let left = UInt64(bytes.count - head.next)
    let each: UInt64 = head.major == .map ? 2 : 1
    guard head.argument <= left / each else { throw .truncated(at: index) }
    return Int(head.argument * each)
  }

  /// A stretch that `content(of:at:)` returned for this input.
  @inline(__always)
  func stretch(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[range])
  }
}
