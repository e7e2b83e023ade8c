// Maps read in any order, in part, twice and in turns: what is found must not depend on how far the reading has come.

import CBOR
import Testing

/// Reads the keys of a map in an order that is given, and the inner maps only in part.
private struct Probe: Decodable {
  static let order = CodingUserInfoKey(rawValue: "order")
  var found: [String] = []

  init(from decoder: any Decoder) throws {
    let order = Self.order.flatMap { decoder.userInfo[$0] as? [AnyKey] } ?? []
    let map = try decoder.container(keyedBy: AnyKey.self)
    for key in order {
      if !map.contains(key) {
        found.append("no \(key.stringValue)")
      } else if let number = try? map.decode(Int.self, forKey: key) {
        found.append("\(key.stringValue)=\(number)")
      } else if let inner = try? map.nestedContainer(keyedBy: AnyKey.self, forKey: key) {
        // One of its keys, so that the rest of it has to be skipped.
        let last = inner.allKeys.last.map {
          "\($0.stringValue)=\((try? inner.decode(Int.self, forKey: $0)) ?? -1)"
        }
        found.append("\(key.stringValue)={\(last ?? "")}")
      } else {
        var list = try map.nestedUnkeyedContainer(forKey: key)
        found.append("\(key.stringValue)=[\(try list.decode(Int.self))/\(list.count ?? -1)]")
      }
    }
  }
}

private struct TwoAtOnce: Decodable, Equatable {
  var left: [Int] = []
  var right: [Int] = []

  init(from decoder: any Decoder) throws {
    let map = try decoder.container(keyedBy: AnyKey.self)
    let one = try map.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(stringValue: "left"))
    let other = try map.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(stringValue: "right"))
    var list = try map.nestedUnkeyedContainer(forKey: AnyKey(stringValue: "list"))
    for key in 0..<30 {
      left.append(try one.decode(Int.self, forKey: AnyKey(intValue: key)))
      right.append(try other.decode([Int].self, forKey: AnyKey(intValue: 29 - key)).reduce(0, +))
      #expect(try list.decode([Int].self) == [key])
    }
    #expect(list.isAtEnd)
  }
}

private struct Named: Codable, Equatable {
  struct Inner: Codable, Equatable {
    var number: UInt8
    enum CodingKeys: Int, CodingKey { case number = 4 }
  }
  var inner: [Inner]
  var byName: [String: Inner]
  enum CodingKeys: Int, CodingKey { case inner = 1, byName = 2 }
}

@Suite struct ReadingOrderTests {
  /// All orders of a few keys, of a map in order and of the same in another order, which needs the index.
  @Test func everyOrderFindsTheSame() throws {
    let keys = [
      AnyKey(intValue: 0), AnyKey(intValue: 3), AnyKey(intValue: 300), AnyKey(intValue: -1),
      AnyKey(stringValue: "a"),
      AnyKey(stringValue: "bb"), AnyKey(intValue: 2), AnyKey(stringValue: "c"),
    ]
    let values = ["0=5", "3={8=4}", "300=6", "-1=[1/2]", "a=7", "bb={1=3}", "no 2", "no c"]
    let ordered =
      "a6" + "0005" + "03a2070108" + "04" + "19012c06" + "20820102" + "616107" + "626262a1" + "0103"
    let shuffled =
      "a6" + "616107" + "0005" + "626262a1" + "0103" + "20820102" + "19012c06" + "03a2070108" + "04"
    let indefinite =
      "bf" + "0005" + "03bf070108" + "04ff" + "19012c06" + "20820102" + "616107" + "626262a1" + "0103ff"
    var random = SplitMix64(seed: 7)
    for text in [ordered, shuffled, indefinite] {
      for round in 0..<400 {
        // Keys may come more than once.
        let order =
          round == 0 ? Array(keys.indices) : (0..<12).map { _ in Int.random(in: 0..<8, using: &random) }
        var decoder = CBORDecoder()
        if let key = Probe.order { decoder.userInfo[key] = order.map { keys[$0] } }
        let found = try decoder.decode(Probe.self, from: bytes(hex: text)).found
        #expect(found == order.map { values[$0] }, "\(text) \(order)")
      }
    }
  }

  @Test func containersReadInTurns() throws {
    let left = (0..<30).map { (AnyKey(intValue: $0), Item.integer(Int64($0 * 3))) }
    let right = (0..<30).map { (AnyKey(intValue: $0), Item.array([.integer(Int64($0)), .integer(1)])) }
    let bytes = try CBOREncoder().encode(
      Item.map([
        AnyKey(stringValue: "left"): .map(Dictionary(uniqueKeysWithValues: left)),
        AnyKey(stringValue: "right"): .map(Dictionary(uniqueKeysWithValues: right)),
        AnyKey(stringValue: "list"): .array((0..<30).map { .array([.integer($0)]) }),
      ]))
    let value = try CBORDecoder().decode(TwoAtOnce.self, from: bytes)
    #expect(value.left == (0..<30).map { $0 * 3 })
    #expect(value.right == (0..<30).map { 30 - $0 })
  }

  /// Errors name keys as the type does, though the wire has numbers only.
  @Test func pathsHaveTheNamesOfTheType() throws {
    let value = Named(inner: [.init(number: 1), .init(number: 2)], byName: ["x": .init(number: 3)])
    let encoded = try encodedHex(value)
    #expect(encoded == "a2" + "0182" + "a10401" + "a10402" + "02" + "a16178" + "a10403")
    func path(_ text: String) -> [String] {
      do {
        _ = try decode(Named.self, hex: text)
      } catch let DecodingError.typeMismatch(_, context) {
        return context.codingPath.map(\.stringValue)
      } catch let DecodingError.keyNotFound(_, context) {
        return context.codingPath.map(\.stringValue)
      } catch {
        return ["\(error)"]
      }
      return ["accepted"]
    }
    #expect(path("a2" + "0182" + "a10401" + "a104f4" + "02a0") == ["inner", "1", "number"])
    #expect(path("a2" + "0182" + "a10401" + "a10502" + "02a0") == ["inner", "1"])
    #expect(path("a2" + "0180" + "02" + "a16178" + "a1046178") == ["byName", "x", "number"])
    // And of a map that is out of order.
    #expect(path("a2" + "02" + "a16178" + "a1046178" + "0180") == ["byName", "x", "number"])
    #expect(throws: CBORError.integerOverflow(type: "UInt8", path: "inner.0.number")) {
      try decode(Named.self, hex: "a2" + "0181" + "a10419" + "0100" + "02a0")
    }
  }

  /// What is skipped costs no more than its bytes, however often its neighbors are looked for.
  @Test func manyKeysInTheWorstOrder() throws {
    var map: [AnyKey: Item] = [:]
    for key in 0..<3_000 { map[AnyKey(stringValue: "key\(key)")] = .array((0..<20).map { .integer($0) }) }
    struct Backward: Decodable {
      var sum = 0
      init(from decoder: any Decoder) throws {
        let map = try decoder.container(keyedBy: AnyKey.self)
        for key in map.allKeys.reversed() { sum += try map.decode([Int].self, forKey: key).count }
      }
    }
    let bytes = try CBOREncoder().encode(Item.map(map))
    let started = ContinuousClock.now
    #expect(try CBORDecoder().decode(Backward.self, from: bytes).sum == 60_000)
    #expect(ContinuousClock.now - started < .seconds(10))
  }
}
