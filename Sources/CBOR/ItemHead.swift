// The head of one data item: its initial byte and argument (RFC 8949 §3). Reads bytes it is given; touches nothing else.

/// The major types of RFC 8949 §3.1.
enum MajorType: UInt8 {
  case unsigned, negative, bytes, text, array, map, tag, simple
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

/// The bytes that a decoder reads. Positions are indices of `bytes`; errors carry offsets from its start.
struct CBORInput {
  let bytes: ArraySlice<UInt8>

  func offset(_ index: Int) -> Int { index - bytes.startIndex }

  @inline(__always)
  func head(at index: Int) throws(CBORError) -> ItemHead {
    guard index < bytes.endIndex else { throw .truncated(at: offset(index)) }
    let initial = bytes[index]
    let information = initial & 0x1f
    let major = MajorType(rawValue: initial >> 5) ?? .simple
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
        throw .malformed(.indefiniteNotAllowed, at: offset(index))
      }
    }
    guard information < 28 else { throw .malformed(.reservedInformation, at: offset(index)) }
    let end = index + 1 + 1 << Int(information - 24)
    guard end <= bytes.endIndex else { throw .truncated(at: offset(index)) }
    var argument: UInt64 = 0
    for position in index + 1..<end { argument = argument << 8 | UInt64(bytes[position]) }
    if major == .simple, information == 24, argument < 32 {
      throw .malformed(.invalidSimpleValue, at: offset(index))
    }
    return ItemHead(major: major, information: information, argument: argument, next: end)
  }

  /// The content of a string of definite length whose head is given.
  func content(of head: ItemHead, at index: Int) throws(CBORError) -> Range<Int> {
    guard head.argument <= UInt64(bytes.endIndex - head.next) else {
      throw .truncated(at: offset(index))
    }
    return head.next..<head.next + Int(head.argument)
  }

  /// How many items follow the head of an array or map of definite length: for a map, keys and values. Each takes at
  /// least one byte, so a larger claim than the bytes left is refused before anything is reserved.
  func itemCount(of head: ItemHead, at index: Int) throws(CBORError) -> Int {
    let left = UInt64(bytes.endIndex - head.next)
    let each: UInt64 = head.major == .map ? 2 : 1
    guard head.argument <= left / each else { throw .truncated(at: offset(index)) }
    return Int(head.argument * each)
  }
}
