// What the encoder writes: rules for keys, numbers, strings and collections; determinism.

import CBOR
import Testing

private struct Numbered: Codable, Equatable {
  var name: String
  var count: Int?
  var tail: [UInt8]
  enum CodingKeys: Int, CodingKey { case name = 1, count = 200, tail = -1 }
}

private struct Newtype: Codable, Hashable { var raw: UInt16 }

@Suite struct EncodingTests {
  @Test func integerKeysAreWrittenAndSortedByTheirBytes() throws {
    let value = Numbered(name: "a", count: 7, tail: [1, 2])
    let encoded = try encodedHex(value)
    #expect(encoded == "a3" + "016161" + "18c807" + "20420102")
    #expect(try decode(Numbered.self, hex: encoded) == value)
    #expect(try encodedHex(Numbered(name: "", count: nil, tail: [])) == "a2" + "0160" + "2040")
  }

  @Test func textKeysAreSortedByLengthThenBytes() throws {
    #expect(
      try encodedHex(["bb": 1, "a": 2, "c": 3, "aaa": 4])
        == "a4" + "616102" + "616303" + "62626201" + "6361616104")
  }

  /// "01" looks like the integer 1 to the standard library; it must not take the place of "1".
  @Test func textKeysThatLookLikeIntegersStayApart() throws {
    let value = [
      "1": "a", "01": "b", "+1": "c", "-0": "d", "-7": "e", "007": "f", "9223372036854775808": "g",
    ]
    let encoded = try CBOREncoder().encode(value)
    #expect(try CBORDecoder().decode([String: String].self, from: encoded) == value)
    #expect(
      try cborDiagnostic(encoded).hasPrefix("{1: \"a\", -7: \"e\", \"+1\": \"c\", \"-0\": \"d\", \"01\""))
  }

  @Test func byteStrings() throws {
    #expect(try encodedHex([UInt8](0..<3)) == "43000102")
    #expect(try encodedHex([[UInt8]()]) == "8140")
    #expect(try encodedHex([Int8](0..<3)) == "83000102")
    #expect(try encodedHex([UInt8]?.some([1])) == "4101")
    #expect(try encodedHex([[UInt8]?]([nil, [1]])) == "82f64101")
  }

  @Test func integersOfEveryWidthTakeTheShortestForm() throws {
    #expect(try encodedHex(Int8.min) == "387f")
    #expect(try encodedHex(Int16.min) == "397fff")
    #expect(try encodedHex(Int32.min) == "3a7fffffff")
    #expect(try encodedHex(Int64.min) == "3b7fffffffffffffff")
    #expect(try encodedHex(UInt8(24)) == "1818")
    #expect(try encodedHex(UInt64(256)) == "190100")
    #expect(try encodedHex(UInt.max) == "1bffffffffffffffff")
  }

  @Test func integersBeyond64BitsAreRefused() throws {
    #expect(throws: EncodingError.self) { try CBOREncoder().encode(Int128.max) }
    #expect(throws: EncodingError.self) { try CBOREncoder().encode(["a": UInt128.max]) }
    #expect(throws: EncodingError.self) { try CBOREncoder().encode([Int128.min]) }
  }

  /// The shortest float with the same value, checked against every half-precision number.
  @Test func everyHalfPrecisionNumber() throws {
    for bits in UInt16.min...UInt16.max {
      let encoded: [UInt8] = [0xf9, UInt8(bits >> 8), UInt8(bits & 0xff)]
      let value = try CBORDecoder().decode(Double.self, from: encoded)
      let expected = value.isNaN ? [0xf9, 0x7e, 0x00] : encoded
      #expect(try CBOREncoder().encode(value) == expected)
      #expect(try CBOREncoder().encode(Float(value)) == expected)
      if !value.isNaN, bits & 0x7fff < 0x7bff {
        // A value between two neighbors needs single precision.
        let next = try CBORDecoder().decode(
          Double.self, from: [0xf9, UInt8((bits + 1) >> 8), UInt8((bits + 1) & 0xff)])
        #expect(try CBOREncoder().encode((value + next) / 2).first == 0xfa)
      }
    }
  }

  @Test func floatsAtTheEdges() throws {
    #expect(try encodedHex(65519.0) == "fa477fef00")
    #expect(try encodedHex(65536.0) == "fa47800000")
    #expect(try encodedHex(Double(Float.leastNonzeroMagnitude)) == "fa00000001")
    #expect(try encodedHex(0x1p-150) == "fb3690000000000000")
    #expect(try encodedHex(Float.signalingNaN) == "f97e00")
    #expect(try encodedHex(-Double.nan) == "f97e00")
  }

  /// Sets and dictionaries iterate differently in every run and after other insertions; bytes must not.
  @Test func orderOfInsertionDoesNotShow() throws {
    let numbers = Array(0..<200)
    var byText: [String: Int] = [:]
    var byInteger: [Int: Int] = [:]
    var set: Set<Int> = []
    var byNewtype: [Newtype: Int] = [:]
    for number in numbers {
      byText["k\(number)"] = number
      byInteger[number] = number
      set.insert(number)
      byNewtype[Newtype(raw: UInt16(number))] = number
    }
    var others = (byText, byInteger, set, byNewtype)
    others.0.reserveCapacity(5000)
    others.1.reserveCapacity(5000)
    others.2.reserveCapacity(5000)
    others.3.reserveCapacity(5000)
    for number in numbers.reversed() {
      others.0["k\(number)"] = nil
      others.0["k\(number)"] = number
      others.1[number] = nil
      others.1[number] = number
      others.2.remove(number)
      others.2.insert(number)
      others.3[Newtype(raw: UInt16(number))] = nil
      others.3[Newtype(raw: UInt16(number))] = number
    }
    let encoder = CBOREncoder()
    #expect(try encoder.encode(byText) == encoder.encode(others.0))
    #expect(try encoder.encode(byInteger) == encoder.encode(others.1))
    #expect(try encoder.encode([set]) == encoder.encode([others.2]))
    #expect(try encoder.encode(["x": byNewtype]) == encoder.encode(["x": others.3]))
    #expect(try encodedHex(Set([3, 1, 500, -1])) == "8401031901f420")
    let decoder = CBORDecoder()
    #expect(try decoder.decode([[Newtype: Int]].self, from: encoder.encode([byNewtype])) == [byNewtype])
    #expect(try decoder.decode(Set<Int>.self, from: encoder.encode(set)) == set)
  }

  @Test func limitsHoldForTheEncoderToo() throws {
    func nested(_ depth: Int) -> Item { depth == 0 ? .null : .array([nested(depth - 1)]) }
    let atLimit = try CBOREncoder().encode(nested(64))
    #expect(try CBORDecoder().decode(Item.self, from: atLimit) == nested(64))
    #expect(throws: CBORError.tooDeep(limit: 64, at: 64)) { try CBOREncoder().encode(nested(65)) }

    let short = CBOREncoder(limits: CBORLimits(maximumBytes: 10))
    #expect(try short.encode([UInt8](repeating: 0, count: 9)).count == 10)
    #expect(throws: CBORError.tooLarge(bytes: 11, limit: 10)) {
      try short.encode([UInt8](repeating: 0, count: 10))
    }
    #expect(throws: CBORError.self) { try short.encode(Array(0..<10_000)) }
  }
}
