// How inputs of the fuzzing are made: a message of the corpus, damaged a few times, all from one seed. Pure.

/// Sebastiano Vigna's SplitMix64: small, seeded, the same everywhere.
package struct FuzzRandom: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// A number below a bound, which is above 0. A little uneven, and much faster than `Int.random`.
  package mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(truncatingIfNeeded: bound)).high)
  }
}

/// A well-formed message, and where each of its items is, itself first.
package struct FuzzMessage: Sendable {
  package let bytes: [UInt8]
  let items: [Range<Int>]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var items: [Range<Int>] = []
    _ = Self.note(&items, bytes, 0)
    self.items = items
  }

  /// Notes the item at an index with all in it, and returns the index after it.
  private static func note(_ items: inout [Range<Int>], _ bytes: [UInt8], _ start: Int) -> Int {
    let (major, information) = (bytes[start] >> 5, bytes[start] & 31)
    let place = items.count
    items.append(start..<start)
    var next = start + 1
    var argument = Int(information)
    if information >= 24, information < 28 {
      let width = 1 << Int(information - 24)
      argument = bytes[next..<next + width].reduce(0) { $0 << 8 | Int($1) & 0xff }
      next += width
    }
    switch (major, information) {
    case (2...5, 31):
      while bytes[next] != 0xff { next = note(&items, bytes, next) }
      next += 1
    case (2, _), (3, _): next += argument
    case (4, _), (5, _):
      for _ in 0..<(major == 4 ? argument : argument * 2) { next = note(&items, bytes, next) }
    case (6, _): next = note(&items, bytes, next)
    default: break
    }
    items[place] = start..<next
    return next
  }
}

package enum FuzzMutation {
  /// No input is longer, so that a bound on memory is a bound for each byte of input.
  package static let maximumBytes = 4_096

  /// Initial bytes that claim much, or nest, or end something.
  private static let telling: [UInt8] = [
    0x00, 0x18, 0x1b, 0x3b, 0x40, 0x5a, 0x5b, 0x5f, 0x60, 0x7a, 0x7b, 0x7f, 0x80, 0x81, 0x9a, 0x9b, 0x9f,
    0xa0,
    0xa1, 0xba, 0xbb, 0xbf, 0xc1, 0xd8, 0xf4, 0xf6, 0xf7, 0xf8, 0xf9, 0xfb, 0xff,
  ]

  /// A message after some changes: items replaced by others, which leaves it well-formed, and bytes damaged, which seldom
  /// does; half of the inputs have changes of one kind only.
  package static func apply(to message: FuzzMessage, corpus: [FuzzMessage], _ random: inout FuzzRandom)
    -> [UInt8]
  {
    var bytes = message.bytes
    let kinds = random.below(4)
    if kinds != 0 {
      let other = corpus[random.below(corpus.count)]
      bytes.replaceSubrange(
        message.items[random.below(message.items.count)],
        with: other.bytes[other.items[random.below(other.items.count)]])
    }
    if kinds < 2 {
      // Mostly one: each damage more makes it less likely that anything is decoded at all.
      repeat { damage(&bytes, corpus, &random) } while random.below(3) == 0 && !bytes.isEmpty
    }
    if bytes.count > maximumBytes { bytes.removeLast(bytes.count - maximumBytes) }
    return bytes
  }

  private static func damage(_ bytes: inout [UInt8], _ corpus: [FuzzMessage], _ random: inout FuzzRandom) {
    let index = random.below(bytes.count)
    let end = min(bytes.count, index + 1 + random.below(8))
    switch random.below(12) {
    case 0, 1: bytes[index] ^= 1 << UInt8(random.below(8))
    case 2: bytes[index] = UInt8(truncatingIfNeeded: random.next())
    case 3, 4: bytes[index] = telling[random.below(telling.count)]
    case 5: bytes.removeSubrange(index...)
    case 6: bytes.removeSubrange(index..<end)
    case 7: bytes.insert(contentsOf: bytes[index..<end], at: index)
    case 8:
      bytes.insert(contentsOf: corpus[random.below(corpus.count)].bytes, at: index)
    case 9: bytes.insert(contentsOf: claim(&random), at: index)
    case 10: bytes.replaceSubrange(index..<index + 1, with: claim(&random))
    default:
      // Many levels, or many of the same.
      let count = 1 + random.below(300)
      bytes.insert(contentsOf: repeatElement(telling[random.below(telling.count)], count: count), at: index)
    }
  }

  /// The head of a string, an array, a map or a tag that claims up to all that 64 bits can say.
  private static func claim(_ random: inout FuzzRandom) -> [UInt8] {
    let major = UInt8(2 + random.below(5))
    let width = random.below(4)
    let argument = random.next() >> UInt64(random.below(64))
    return [major << 5 | UInt8(24 + width)]
      + (0..<(1 << width)).reversed().map { UInt8(truncatingIfNeeded: argument >> UInt64(8 * $0)) }
  }
}
