// Round trips of random values, and an independent check that what we write is deterministic CBOR.

import CBOR
import Testing

/// A strict reader of RFC 8949 §4.2.1, written without the library: finds any form that is not the only one.
struct StrictReader {
  var bytes: [UInt8]
  var index = 0

  struct NotDeterministic: Error, CustomStringConvertible {
    var description: String
  }

  mutating func readWhole() throws {
    try readItem()
    guard index == bytes.count else { throw NotDeterministic(description: "trailing bytes") }
  }

  private mutating func readItem() throws {
    let initial = bytes[index]
    let (major, information) = (initial >> 5, initial & 31)
    guard information < 28 else { throw NotDeterministic(description: "indefinite or reserved at \(index)") }
    index += 1
    var argument = UInt64(information)
    if information >= 24 {
      let width = 1 << Int(information - 24)
      argument = bytes[index..<index + width].reduce(0) { $0 << 8 | UInt64($1) }
      index += width
      if major == 7 { return try checkFloat(argument, width: width) }
      let shorter: [UInt64] = [24, 1 << 8, 1 << 16, 1 << 32]
      guard argument >= shorter[Int(information - 24)] else {
        throw NotDeterministic(description: "long head before \(index)")
      }
    }
    switch major {
    case 0, 1: break
    case 2, 3: index += Int(argument)
    case 4: for _ in 0..<argument { try readItem() }
    case 5:
      var last: [UInt8]?
      for _ in 0..<argument {
        let start = index
        try readItem()
        let key = Array(bytes[start..<index])
        if let last, !last.lexicographicallyPrecedes(key) {
          throw NotDeterministic(description: "keys out of order at \(start)")
        }
        last = key
        try readItem()
      }
    case 7: break
    default: throw NotDeterministic(description: "a tag before \(index)")
    }
  }

  private func checkFloat(_ bits: UInt64, width: Int) throws {
    let isLong =
      switch width {
      case 8:
        Double(bitPattern: bits).isNaN || Double(Float(Double(bitPattern: bits))) == Double(bitPattern: bits)
      case 4:
        // Half precision: 11 significant bits, exponents from -24 (subnormal) to 15.
        isHalf(Float(bitPattern: UInt32(bits)))
      case 2: false
      default: true
      }
    if isLong { throw NotDeterministic(description: "long float before \(index)") }
  }

  private func isHalf(_ value: Float) -> Bool {
    if !value.isFinite || value == 0 { return true }
    if value.magnitude > 65504 { return false }
    let scale: Float = value.magnitude < 0x1p-14 ? 0x1p24 : 0x1p10 / value.binade.magnitude
    let scaled = value * scale
    return scaled == scaled.rounded()
  }
}

/// All of what domain types are made of.
struct Everything: Codable, Equatable {
  enum Event: Codable, Equatable {
    case opened
    case offered(agent: String, at: UInt64)
    case moved(Int, to: [Int8], Place?)
    indirect case both(Event, Event)
  }
  enum Place: String, Codable { case queue, agent, closed }
  struct Inner: Codable, Equatable {
    var id: [UInt8]
    var events: [Event]
    enum CodingKeys: Int, CodingKey { case id = 1, events = 2 }
  }
  struct Raw: RawRepresentable, Codable, Hashable { var rawValue: UInt32 }

  var flag: Bool
  var i8: Int8, i16: Int16, i32: Int32, i64: Int64, int: Int
  var u8: UInt8, u16: UInt16, u32: UInt32, u64: UInt64, uint: UInt
  var double: Double, float: Float
  var text: String
  var optional: String?
  var matrix: [[Double?]]
  var places: [String: Place]
  var counts: [Int: [UInt8]]
  var raws: Set<Raw>
  var byRaw: [Raw: Place]
  var inner: [Inner]
  var last: Inner?

  static func random(_ random: inout SplitMix64) -> Everything {
    func integer<I: FixedWidthInteger>(_ random: inout SplitMix64) -> I {
      Bool.random(using: &random)
        ? I.random(in: .min ... .max, using: &random) : I(truncatingIfNeeded: Item.randomInteger(&random))
    }
    func event(_ random: inout SplitMix64, _ depth: Int) -> Event {
      switch Int.random(in: 0..<(depth == 0 ? 3 : 4), using: &random) {
      case 0: .opened
      case 1: .offered(agent: Item.randomText(&random), at: integer(&random))
      case 2: .moved(integer(&random), to: [integer(&random)], Bool.random(using: &random) ? .agent : nil)
      default: .both(event(&random, depth - 1), event(&random, depth - 1))
      }
    }
    func inner(_ random: inout SplitMix64) -> Inner {
      Inner(
        id: (0..<16).map { _ in integer(&random) },
        events: (0..<Int.random(in: 0..<5, using: &random)).map { _ in event(&random, 3) })
    }
    let few = Int.random(in: 0..<30, using: &random)
    return Everything(
      flag: .random(using: &random), i8: integer(&random), i16: integer(&random), i32: integer(&random),
      i64: integer(&random), int: integer(&random), u8: integer(&random), u16: integer(&random),
      u32: integer(&random), u64: integer(&random), uint: integer(&random),
      double: Item.randomDouble(&random), float: Float(Item.randomInteger(&random)) / 256,
      text: Item.randomText(&random), optional: Bool.random(using: &random) ? Item.randomText(&random) : nil,
      matrix: (0..<few / 8).map { _ in (0..<few).map { $0 % 5 == 0 ? nil : Item.randomDouble(&random) } },
      places: Dictionary((0..<few).map { (Item.randomText(&random) + "\($0)", .queue) }) { $1 },
      counts: Dictionary((0..<few).map { _ in (integer(&random), [integer(&random)]) }) { $1 },
      raws: Set((0..<few).map { _ in Raw(rawValue: integer(&random)) }),
      byRaw: Dictionary((0..<few).map { _ in (Raw(rawValue: integer(&random)), .closed) }) { $1 },
      inner: (0..<Int.random(in: 0..<3, using: &random)).map { _ in inner(&random) },
      last: Bool.random(using: &random) ? inner(&random) : nil)
  }
}

@Suite struct DeterminismTests {
  static let rounds = environmentNumber("CBOR_ROUND_TRIPS", default: 300)

  @Test func anyValueComesBack() throws {
    for seed in 0..<UInt64(Self.rounds) {
      var random = SplitMix64(seed: seed)
      let item = Item.random(&random)
      let encoded = try CBOREncoder().encode(item)
      #expect(try CBORDecoder().decode(Item.self, from: encoded) == item, "seed \(seed)")
      var reader = StrictReader(bytes: encoded)
      #expect(throws: Never.self, "seed \(seed)") { try reader.readWhole() }
      _ = try cborDiagnostic(encoded)
    }
  }

  @Test func typedValueComesBack() throws {
    for seed in 0..<UInt64(Self.rounds) {
      var random = SplitMix64(seed: seed)
      let value = Everything.random(&random)
      let encoded = try CBOREncoder().encode(value)
      let decoded = try CBORDecoder().decode(Everything.self, from: encoded)
      #expect(decoded == value, "seed \(seed)")
      #expect(try CBOREncoder().encode(decoded) == encoded, "seed \(seed)")
      var reader = StrictReader(bytes: encoded)
      #expect(throws: Never.self, "seed \(seed)") { try reader.readWhole() }
      // The same bytes as a slice of something longer, without copying.
      let longer = [0xff, 0xff] + encoded + [0xff]
      #expect(try CBORDecoder().decode(Everything.self, from: longer[2..<longer.count - 1]) == value)
    }
  }

  @Test func theStrictReaderFindsFaults() {
    for text in [
      "1817", "9fff", "a2026101" + "0101", "a201010101", "fa3f800000", "fb3ff0000000000000", "c100",
    ] {
      var reader = StrictReader(bytes: bytes(hex: text))
      #expect(throws: StrictReader.NotDeterministic.self, "\(text)") { try reader.readWhole() }
    }
  }
}
