// Memory that callers lend: appending to bytes, decoding from memory, and coders that a type keeps too long.

import CBOR
import Testing

private struct Pair: Codable, Equatable {
  var name: String
  var count: Int
  enum CodingKeys: Int, CodingKey { case name = 0, count = 1 }
}

private struct Refusal: Error {}

private struct Refusing: Encodable {
  func encode(to encoder: any Encoder) throws {
    var list = encoder.unkeyedContainer()
    try list.encode("half")
    throw Refusal()
  }
}

/// Keeps whatever it is given.
private final class Keeper {
  var decoder: (any Decoder)?
  var keyed: KeyedDecodingContainer<AnyKey>?
  var unkeyed: (any UnkeyedDecodingContainer)?
  var single: (any SingleValueDecodingContainer)?
  var encoder: (any Encoder)?
  var keyedWriter: KeyedEncodingContainer<AnyKey>?
  var unkeyedWriter: (any UnkeyedEncodingContainer)?
  var detached: (any UnkeyedEncodingContainer)?
  var singleWriter: (any SingleValueEncodingContainer)?
}

private let keeperKey = CodingUserInfoKey(rawValue: "keeper")

/// Not Sendable, but used by one test at a time only.
private struct KeeperBox: @unchecked Sendable {
  // Made, filled and read within one synchronous test.
  let keeper: Keeper
}

private struct Keeping: Codable {
  init() {}

  init(from decoder: any Decoder) throws {
    let keeper = keeperKey.flatMap { decoder.userInfo[$0] as? KeeperBox }?.keeper
    let map = try decoder.container(keyedBy: AnyKey.self)
    keeper?.decoder = decoder
    keeper?.keyed = map
    keeper?.unkeyed = try map.nestedUnkeyedContainer(forKey: AnyKey(stringValue: "list"))
    keeper?.single = try map.superDecoder(forKey: AnyKey(stringValue: "name")).singleValueContainer()
  }

  func encode(to encoder: any Encoder) throws {
    let keeper = keeperKey.flatMap { encoder.userInfo[$0] as? KeeperBox }?.keeper
    keeper?.encoder = encoder
    var map = encoder.container(keyedBy: AnyKey.self)
    var first = map.nestedUnkeyedContainer(forKey: AnyKey(stringValue: "moved"))
    try first.encode(1)
    keeper?.unkeyedWriter = map.nestedUnkeyedContainer(forKey: AnyKey(stringValue: "list"))
    keeper?.singleWriter = map.superEncoder(forKey: AnyKey(stringValue: "single")).singleValueContainer()
    try map.encode(2, forKey: AnyKey(stringValue: "after"))
    keeper?.keyedWriter = map
    keeper?.detached = first
  }
}

@Suite struct LentMemoryTests {
  @Test func appendingKeepsWhatIsThere() throws {
    let value = Pair(name: "a", count: 500)
    var bytes: [UInt8] = [1, 2, 3]
    try CBOREncoder().encode(value, appendingTo: &bytes)
    #expect(bytes == [1, 2, 3] + (try CBOREncoder().encode(value)))
    #expect(hex(bytes) == "010203a2006161011901f4")
    // The limit counts the value alone, and a failure leaves no trace.
    let before = bytes
    #expect(throws: Refusal.self) { try CBOREncoder().encode(Refusing(), appendingTo: &bytes) }
    let short = CBOREncoder(limits: CBORLimits(maximumBytes: 8))
    #expect(throws: CBORError.tooLarge(bytes: 9, limit: 8)) {
      try short.encode([UInt8](repeating: 0, count: 8), appendingTo: &bytes)
    }
    #expect(bytes == before)
    try short.encode(value, appendingTo: &bytes)
    #expect(bytes.count == before.count + 8)
  }

  @Test(arguments: [0, 1, 900, 1_022, 1_023, 1_024, 1_025, 5_000, 70_000])
  func valuesLargerThanTheLentMemory(_ count: Int) throws {
    let text = String(repeating: "x", count: count)
    let list = Array(0..<count)
    let nested = [[text], ["", text]]
    var bytes: [UInt8] = []
    try CBOREncoder().encode(nested, appendingTo: &bytes)
    #expect(try CBORDecoder().decode([[String]].self, from: bytes) == nested)
    #expect(try CBORDecoder().decode([Int].self, from: CBOREncoder().encode(list)) == list)
    let map = Dictionary(uniqueKeysWithValues: list.map { ("key \($0)", $0) })
    let encoded = try CBOREncoder().encode(map)
    #expect(try CBORDecoder().decode([String: Int].self, from: encoded) == map)
    var reader = StrictReader(bytes: encoded)
    #expect(throws: Never.self) { try reader.readWhole() }
  }

  @Test func deepValues() throws {
    func nested(_ depth: Int) -> Item {
      depth == 0
        ? .integer(7)
        : depth.isMultiple(of: 2)
          ? .array([nested(depth - 1)]) : .map([AnyKey(intValue: 5): nested(depth - 1)])
    }
    let limits = CBORLimits(maximumDepth: 256)
    let bytes = try CBOREncoder(limits: limits).encode(nested(256))
    #expect(try CBORDecoder(limits: limits).decode(Item.self, from: bytes) == nested(256))
  }

  @Test func decodingFromMemory() throws {
    let bytes: [UInt8] = [0xff] + bytes(hex: "a2006161011901f4") + [0xff]
    try bytes.withUnsafeBytes { memory in
      let value = try CBORDecoder().decode(
        Pair.self, from: UnsafeRawBufferPointer(rebasing: memory[1..<memory.count - 1]))
      #expect(value == Pair(name: "a", count: 500))
      #expect(throws: CBORError.trailingBytes(at: 8)) {
        try CBORDecoder().decode(Pair.self, from: UnsafeRawBufferPointer(rebasing: memory[1...]))
      }
      #expect(throws: CBORError.truncated(at: 5)) {
        try CBORDecoder().decode(
          Pair.self, from: UnsafeRawBufferPointer(rebasing: memory[1..<memory.count - 2]))
      }
    }
    #expect(throws: CBORError.truncated(at: 0)) {
      try CBORDecoder().decode(Pair.self, from: UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  /// The memory that a decoder reads is gone when its decoding ends; one that was kept must not touch it.
  @Test func keptDecodersAreRefused() throws {
    let keeper = Keeper()
    var decoder = CBORDecoder()
    if let key = keeperKey { decoder.userInfo[key] = KeeperBox(keeper: keeper) }
    _ = try decoder.decode(
      Keeping.self,
      from: CBOREncoder().encode(
        Item.map([
          AnyKey(stringValue: "list"): .array([.integer(1), .text("two")]),
          AnyKey(stringValue: "name"): .text("n"),
        ])))
    let keyed = try #require(keeper.keyed)
    let name = AnyKey(stringValue: "name")
    #expect(throws: CBORError.decoderMisuse) { try keyed.decode(String.self, forKey: name) }
    #expect(throws: CBORError.decoderMisuse) { try keyed.decodeIfPresent(Item.self, forKey: name) }
    #expect(!keyed.contains(name) && keyed.allKeys.isEmpty && keyed.codingPath.isEmpty)
    #expect(throws: (any Error).self) { try keyed.nestedUnkeyedContainer(forKey: name) }
    var unkeyed = try #require(keeper.unkeyed)
    #expect(throws: CBORError.decoderMisuse) { try unkeyed.decode(Int.self) }
    #expect(throws: CBORError.decoderMisuse) { try unkeyed.decode(Item.self) }
    #expect(throws: (any Error).self) { try #require(keeper.single).decode(String.self) }
    #expect(throws: (any Error).self) { try #require(keeper.decoder).container(keyedBy: AnyKey.self) }
    #expect(throws: (any Error).self) { try #require(keeper.decoder).unkeyedContainer() }
  }

  /// Likewise the memory that an encoder writes to, also where a nested value had moved out of it.
  @Test func keptEncodersAreRefused() throws {
    let keeper = Keeper()
    var encoder = CBOREncoder()
    if let key = keeperKey { encoder.userInfo[key] = KeeperBox(keeper: keeper) }
    let bytes = try encoder.encode(Keeping())
    #expect(try cborDiagnostic(bytes) == "{\"list\": [], \"after\": 2, \"moved\": [1], \"single\": {}}")
    var keyed = try #require(keeper.keyedWriter)
    #expect(throws: (any Error).self) { try keyed.encode(1, forKey: AnyKey(stringValue: "late")) }
    #expect(throws: (any Error).self) { try keyed.encode(["x": [1]], forKey: AnyKey(stringValue: "late")) }
    var unkeyed = try #require(keeper.unkeyedWriter)
    #expect(throws: (any Error).self) { try unkeyed.encode("late") }
    var nested = unkeyed.nestedContainer(keyedBy: AnyKey.self)
    #expect(throws: (any Error).self) { try nested.encode(1, forKey: AnyKey(intValue: 1)) }
    var detached = try #require(keeper.detached)
    #expect(throws: (any Error).self) { try detached.encode("late") }
    var single = try #require(keeper.singleWriter)
    #expect(throws: (any Error).self) { try single.encode("late") }
    var list = try #require(keeper.encoder).unkeyedContainer()
    #expect(throws: (any Error).self) { try list.encode(1) }
    // And the bytes, which were handed out before, are what they were.
    #expect(try encoder.encode(Keeping()) == bytes)
  }
}
