// What the CBOR tests share: seeded randomness, hexadecimal text, and any CBOR value as a Swift value.

import CBOR
import Foundation

/// Sebastiano Vigna's SplitMix64: small, seeded, the same everywhere.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

/// A number from the environment, for runs longer than the everyday one.
func environmentNumber(_ name: String, default value: Int) -> Int {
  ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
}

func bytes(hex: String) -> [UInt8] {
  let digits = hex.filter { $0 != " " }
  var result: [UInt8] = []
  var index = digits.startIndex
  while index < digits.endIndex {
    let next = digits.index(index, offsetBy: 2)
    result.append(UInt8(digits[index..<next], radix: 16) ?? 0)
    index = next
  }
  return result
}

func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func encodedHex(_ value: some Encodable) throws -> String { hex(try CBOREncoder().encode(value)) }

func decode<T: Decodable>(_ type: T.Type = T.self, hex text: String) throws -> T {
  try CBORDecoder().decode(type, from: bytes(hex: text))
}

/// A key of any kind.
struct AnyKey: CodingKey, Hashable {
  var stringValue: String
  var intValue: Int?
  init(stringValue: String) { self.stringValue = stringValue }
  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
  }
}

/// Any value that CBOR can hold without tags, bignums and odd simple values. Decodes whatever it meets.
indirect enum Item: Codable, Equatable {
  case null, bool(Bool), integer(Int64), unsigned(UInt64), double(Double), text(String)
  case bytes([UInt8]), array([Item]), map([AnyKey: Item])

  init(from decoder: any Decoder) throws {
    let single = try decoder.singleValueContainer()
    if single.decodeNil() {
      self = .null
    } else if let value = try? single.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? single.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? single.decode(UInt64.self) {
      self = .unsigned(value)
    } else if let value = try? single.decode(Double.self) {
      self = .double(value)
    } else if let value = try? single.decode(String.self) {
      self = .text(value)
    } else if let value = try? single.decode([UInt8].self) {
      self = .bytes(value)
    } else if var array = try? decoder.unkeyedContainer() {
      var items: [Item] = []
      while !array.isAtEnd { items.append(try array.decode(Item.self)) }
      self = .array(items)
    } else {
      let map = try decoder.container(keyedBy: AnyKey.self)
      var items: [AnyKey: Item] = [:]
      for key in map.allKeys { items[key] = try map.decode(Item.self, forKey: key) }
      self = .map(items)
    }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .array(let items):
      var array = encoder.unkeyedContainer()
      for item in items { try array.encode(item) }
    case .map(let items):
      var map = encoder.container(keyedBy: AnyKey.self)
      for (key, item) in items { try map.encode(item, forKey: key) }
    default:
      var single = encoder.singleValueContainer()
      switch self {
      case .bool(let value): try single.encode(value)
      case .integer(let value): try single.encode(value)
      case .unsigned(let value): try single.encode(value)
      case .double(let value): try single.encode(value)
      case .text(let value): try single.encode(value)
      case .bytes(let value): try single.encode(value)
      case .null, .array, .map: try single.encodeNil()
      }
    }
  }

  /// A random value. Integers, lengths and numbers lie around the boundaries where their encoding changes.
  static func random(_ random: inout SplitMix64, depth: Int = 3) -> Item {
    switch Int.random(in: 0..<(depth == 0 ? 7 : 9), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .integer(randomInteger(&random))
    case 3: return .unsigned(.random(in: (1 << 63)...UInt64.max, using: &random))
    case 4: return .double(randomDouble(&random))
    case 5: return .text(randomText(&random))
    case 6: return .bytes((0..<randomCount(&random)).map { _ in .random(in: 0...255, using: &random) })
    case 7: return .array((0..<randomCount(&random) / 8).map { _ in .random(&random, depth: depth - 1) })
    default:
      var map: [AnyKey: Item] = [:]
      for _ in 0..<randomCount(&random) / 8 {
        let key =
          Bool.random(using: &random)
          ? AnyKey(intValue: Int(randomInteger(&random))) : AnyKey(stringValue: randomText(&random))
        map[key] = .random(&random, depth: depth - 1)
      }
      return .map(map)
    }
  }

  static func randomInteger(_ random: inout SplitMix64) -> Int64 {
    let edges: [Int64] = [0, 23, 24, 255, 256, 65535, 65536, 0xffff_ffff, 0x1_0000_0000, .max]
    let edge = edges.randomElement(using: &random) ?? 0
    let near = edge.addingReportingOverflow(.random(in: -1...1, using: &random))
    let value = near.overflow ? edge : near.partialValue
    return Bool.random(using: &random) ? value : ~value
  }

  static func randomDouble(_ random: inout SplitMix64) -> Double {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return Double(Float(bitPattern: UInt32.random(in: 0..<0x7f80_0000, using: &random)))
    case 1: return Double(Int.random(in: -70000...70000, using: &random))
    case 2: return Double(UInt16.random(in: 0...2048, using: &random)) * 0x1p-24
    case 3:
      return [0, -0.0, .infinity, -.infinity, 65504, 65505, 0x1p-14, 0x1p-25, 0x1p-149]
        .randomElement(using: &random) ?? 0
    default:
      let value = Double(bitPattern: random.next())
      return value.isNaN ? 0.1 : value
    }
  }

  static func randomText(_ random: inout SplitMix64) -> String {
    let characters: [Character] = ["a", "Z", "7", "\"", "\\", "\n", "ü", "水", "𐅑", "👩‍👩‍👧"]
    return String((0..<randomCount(&random) / 2).map { _ in characters.randomElement(using: &random) ?? "x" })
  }

  static func randomCount(_ random: inout SplitMix64) -> Int {
    [0, 1, 2, 5, 11, 23, 24, 25, 60, 255, 256, 300].randomElement(using: &random) ?? 0
  }
}
