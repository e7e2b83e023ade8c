// Unusual but legal uses of the `Codable` containers, and illegal ones that must not damage anything.

import CBOR
import Testing

/// Two maps and an array open at once, written in turns.
private struct Interleaved: Codable, Equatable {
  var a: [String: Int]
  var b: [String: Int]
  var list: [Int]
  enum Keys: Int, CodingKey { case before = 0, a = 5, b = 1, list = 3, after = 30 }

  init(a: [String: Int], b: [String: Int], list: [Int]) { (self.a, self.b, self.list) = (a, b, list) }

  func encode(to encoder: any Encoder) throws {
    var outer = encoder.container(keyedBy: Keys.self)
    try outer.encode("x", forKey: .before)
    var first = outer.nestedContainer(keyedBy: AnyKey.self, forKey: .a)
    var second = outer.nestedContainer(keyedBy: AnyKey.self, forKey: .b)
    var items = outer.nestedUnkeyedContainer(forKey: .list)
    let (left, right) = (a.sorted { $0.key < $1.key }, b.sorted { $0.key < $1.key })
    for step in 0..<max(left.count, right.count, list.count) {
      if step < left.count { try first.encode(left[step].value, forKey: AnyKey(stringValue: left[step].key)) }
      if step < list.count {
        var pair = items.nestedUnkeyedContainer()
        try pair.encode(list[step])
        if step == 1 { try outer.encode([1, 2], forKey: .after) }
        try pair.encode("end")
      }
      if step < right.count {
        try second.encode(right[step].value, forKey: AnyKey(stringValue: right[step].key))
      }
    }
    #expect(items.count == list.count)
    #expect(items.codingPath.map(\.stringValue) == ["list"])
  }

  init(from decoder: any Decoder) throws {
    let outer = try decoder.container(keyedBy: Keys.self)
    let first = try outer.nestedContainer(keyedBy: AnyKey.self, forKey: .a)
    let second = try outer.nestedContainer(keyedBy: AnyKey.self, forKey: .b)
    (a, b, list) = ([:], [:], [])
    for key in first.allKeys { a[key.stringValue] = try first.decode(Int.self, forKey: key) }
    for key in second.allKeys { b[key.stringValue] = try second.decode(Int.self, forKey: key) }
    var items = try outer.nestedUnkeyedContainer(forKey: .list)
    while !items.isAtEnd {
      var pair = try items.nestedUnkeyedContainer()
      list.append(try pair.decode(Int.self))
      #expect(try pair.decode(String.self) == "end")
    }
  }
}

private class Base: Codable {
  var name = "base"
  init() {}
}

private final class Derived: Base {
  var extra = 1
  enum Keys: String, CodingKey { case extra, parent }
  override init() { super.init() }

  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    extra = try container.decode(Int.self, forKey: .extra)
    try super.init(from: container.superDecoder())
    #expect(try Base(from: container.superDecoder(forKey: .parent)).name == name)
  }

  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try super.encode(to: container.superEncoder())
    try container.encode(extra, forKey: .extra)
    try super.encode(to: container.superEncoder(forKey: .parent))
  }
}

/// A superclass and its subclass in one map, from two containers of one encoder.
private final class Flat: Base {
  var extra = 2
  override init() { super.init() }
  enum Keys: String, CodingKey { case extra }

  required init(from decoder: any Decoder) throws {
    extra = try decoder.container(keyedBy: Keys.self).decode(Int.self, forKey: .extra)
    try super.init(from: decoder)
  }

  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try super.encode(to: encoder)
    try container.encode(extra, forKey: .extra)
  }
}

private struct Empty: Codable, Equatable {}

private struct Closure: Encodable {
  var body: (any Encoder) throws -> Void
  func encode(to encoder: any Encoder) throws { try body(encoder) }
}

private struct Refusal: Error {}

@Suite struct ContainerTests {
  @Test func containersWrittenInTurns() throws {
    let value = Interleaved(
      a: ["k": 1, "l": 2], b: Dictionary(uniqueKeysWithValues: (0..<40).map { ("\($0)", $0) }),
      list: [7, 8, 9])
    let encoded = try CBOREncoder().encode(value)
    #expect(try CBORDecoder().decode(Interleaved.self, from: encoded) == value)
    var reader = StrictReader(bytes: encoded)
    #expect(throws: Never.self) { try reader.readWhole() }
    #expect(
      try cborDiagnostic(CBOREncoder().encode(Interleaved(a: ["k": 1], b: ["x": 2], list: [5, 6])))
        == "{0: \"x\", 1: {\"x\": 2}, 3: [[5, \"end\"], [6, \"end\"]], 5: {\"k\": 1}, 30: [1, 2]}")
  }

  @Test func superEncodersAndDecoders() throws {
    let value = Derived()
    (value.name, value.extra) = ("changed", 9)
    let encoded = try CBOREncoder().encode([value])
    #expect(
      try cborDiagnostic(encoded)
        == "[{\"extra\": 9, \"super\": {\"name\": \"changed\"}, \"parent\": {\"name\": \"changed\"}}]")
    let decoded = try #require(CBORDecoder().decode([Derived].self, from: encoded).first)
    #expect(decoded.name == "changed" && decoded.extra == 9)
  }

  @Test func twoContainersOfOneMap() throws {
    let encoded = try CBOREncoder().encode(Flat())
    #expect(try cborDiagnostic(encoded) == "{\"name\": \"base\", \"extra\": 2}")
    #expect(try CBORDecoder().decode(Flat.self, from: encoded).extra == 2)
  }

  @Test func enumsWithAssociatedValues() throws {
    let events: [Everything.Event] = [.opened, .moved(1, to: [-1], nil), .offered(agent: "a", at: 3)]
    let encoded = try CBOREncoder().encode(events)
    #expect(
      try cborDiagnostic(encoded)
        == "[{\"opened\": {}}, {\"moved\": {\"_0\": 1, \"to\": [-1]}}, {\"offered\": {\"at\": 3, \"agent\": \"a\"}}]"
    )
    #expect(try CBORDecoder().decode([Everything.Event].self, from: encoded) == events)
    #expect(throws: DecodingError.self) {
      try decode(Everything.Event.self, hex: "a2666f70656e6564a0656d6f766564a0")
    }
  }

  @Test func valuesThatWriteNothingAreEmptyMaps() throws {
    #expect(try encodedHex(Empty()) == "a0")
    #expect(try decode(Empty.self, hex: "a0") == Empty())
    #expect(try encodedHex(Closure { _ in }) == "a0")
    #expect(try encodedHex([Closure { encoder in _ = encoder.singleValueContainer() }]) == "81a0")
    #expect(
      try encodedHex(
        Closure { encoder in
          var container = encoder.container(keyedBy: AnyKey.self)
          _ = container.superEncoder()
          _ = container.nestedUnkeyedContainer(forKey: AnyKey(intValue: 1))
        }) == "a20180657375706572a0")
  }

  @Test func aFailedElementLeavesNothingBehind() throws {
    let failing = Closure { encoder in
      var container = encoder.container(keyedBy: AnyKey.self)
      var nested = container.nestedUnkeyedContainer(forKey: AnyKey(intValue: 1))
      try nested.encode("half")
      throw Refusal()
    }
    let inContainers = Closure { encoder in
      var container = encoder.container(keyedBy: AnyKey.self)
      #expect(throws: Refusal.self) { try container.encode(failing, forKey: AnyKey(intValue: 2)) }
      try container.encode(7, forKey: AnyKey(intValue: 3))
      var list = container.nestedUnkeyedContainer(forKey: AnyKey(intValue: 1))
      #expect(throws: Refusal.self) { try list.encode(failing) }
      #expect(throws: EncodingError.self) { try list.encode(Int128.max) }
      try list.encode(8)
      #expect(list.count == 1)
    }
    #expect(try encodedHex(inContainers) == "a20181080307")
    let inSingle = Closure { encoder in
      var single = encoder.singleValueContainer()
      #expect(throws: Refusal.self) { try single.encode(failing) }
      #expect(throws: EncodingError.self) { try single.encode(UInt128.max) }
      try single.encode(5)
    }
    #expect(try encodedHex(inSingle) == "05")
  }

  @Test func misuseIsAnError() {
    let misuses: [Closure] = [
      Closure { encoder in
        var single = encoder.singleValueContainer()
        try single.encode(1)
        try single.encode(2)
      },
      Closure { encoder in
        _ = encoder.container(keyedBy: AnyKey.self)
        var list = encoder.unkeyedContainer()
        try list.encode(1)
      },
      Closure { encoder in
        // An element that writes to its own parent.
        var single = encoder.singleValueContainer()
        try single.encode(Closure { _ in _ = encoder.unkeyedContainer() })
      },
      Closure { encoder in
        var list = encoder.unkeyedContainer()
        _ = list.nestedContainer(keyedBy: AnyKey.self)
        try list.encode(
          Closure { [list] _ in
            var list = list
            try list.encode(1)
          })
      },
    ]
    for misuse in misuses {
      #expect(throws: CBORError.encoderMisuse(path: "")) { try CBOREncoder().encode(misuse) }
    }
  }

  @Test func theSameKeyTwiceIsAnError() {
    let twice = Closure { encoder in
      var container = encoder.container(keyedBy: AnyKey.self)
      try container.encode(1, forKey: AnyKey(intValue: 1))
      try container.encode(1, forKey: AnyKey(intValue: 0))
      try container.encode(2, forKey: AnyKey(intValue: 1))
    }
    #expect(throws: CBORError.duplicateKey(path: "x")) { try CBOREncoder().encode(["x": twice]) }
  }

  @Test func nestedContainersKeepToTheDepth() {
    #expect(throws: CBORError.self) {
      try CBOREncoder().encode(
        Closure { encoder in
          var list = encoder.unkeyedContainer()
          for _ in 0..<70 { list = list.nestedUnkeyedContainer() }
          try list.encode(1)
        })
    }
  }

  @Test func userInfoReachesValues() throws {
    struct Reader: Codable {
      static let key = CodingUserInfoKey(rawValue: "test")
      var found: Int
      init(from decoder: any Decoder) throws {
        found =
          try Self.key.flatMap { decoder.userInfo[$0] as? Int }
          ?? decoder.singleValueContainer().decode(Int.self)
      }
    }
    var decoder = CBORDecoder()
    if let key = Reader.key { decoder.userInfo[key] = 42 }
    #expect(try decoder.decode(Reader.self, from: [0]).found == 42)
  }

  @Test func readingPastTheEndAndFailedReadsDoNotAdvance() throws {
    struct Probe: Decodable {
      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        #expect(list.count == 2)
        #expect(throws: DecodingError.self) { try list.decode(String.self) }
        #expect(throws: DecodingError.self) { try list.decode([Int].self) }
        #expect(throws: DecodingError.self) { try list.nestedUnkeyedContainer() }
        #expect(list.currentIndex == 0)
        #expect(try !list.decodeNil())
        #expect(try list.decode(Int.self) == 1)
        #expect(try list.decodeNil())
        #expect(list.isAtEnd)
        #expect(throws: DecodingError.self) { try list.decodeNil() }
        #expect(throws: DecodingError.self) { try list.decode(Int.self) }
        #expect(throws: DecodingError.self) { try list.superDecoder() }
      }
    }
    _ = try decode(Probe.self, hex: "8201f6")
  }
}
