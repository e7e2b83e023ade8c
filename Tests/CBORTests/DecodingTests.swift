// What the decoder accepts and refuses: widths, numbers, keys, unknown fields, errors with their paths.

import CBOR
import Testing

private struct Old: Codable, Equatable {
  var id: Int
  var name: String?
}

private struct Migrating: Codable, Equatable {
  var name: String
  enum CodingKeys: Int, CodingKey { case name = 1 }
}

private struct Team: Codable {
  struct Member: Codable { var age: UInt8 }
  var members: [Member]
}

@Suite struct DecodingTests {
  @Test func unknownFieldsOfEveryKindAreSkipped() throws {
    let known = "626964" + "07"
    for unknown in [
      "00", "3bffffffffffffffff", "43010203", "6161", "8301820203a10102", "a2616100a0f6",
      "fb3ff199999999999a",
      "f8ff", "f0", "c249010000000000000000", "9f019fffff", "bf0102ff", "5f4101ff", "7f6161ff",
    ] {
      #expect(try decode(Old.self, hex: "a2" + known + "617a" + unknown) == Old(id: 7), "\(unknown)")
      // Under keys that no coding key can express, too.
      #expect(try decode(Old.self, hex: "a2" + unknown + "f6" + known) == Old(id: 7), "\(unknown)")
    }
  }

  @Test func aKeyWithBothFormsIsFoundUnderEither() throws {
    #expect(try decode(Migrating.self, hex: "a1016161") == Migrating(name: "a"))
    #expect(try decode(Migrating.self, hex: "a1646e616d656161") == Migrating(name: "a"))
    #expect(try decode(Migrating.self, hex: "a2016161646e616d656162") == Migrating(name: "a"))
    // The integer in a longer form than needed, and the text in chunks.
    #expect(try decode(Migrating.self, hex: "a11900016161") == Migrating(name: "a"))
    #expect(try decode(Migrating.self, hex: "a17f626e61626d65ff6161") == Migrating(name: "a"))
    #expect(throws: DecodingError.self) { try decode(Migrating.self, hex: "a1026161") }
  }

  @Test func duplicateKeysAreRefused() {
    for text in [
      "a2626964016269" + "6402", "a3626964016178" + "00" + "62696402", "a2" + "6269640162696401",
      "a2" + "7f61696164ff01" + "62696402", "a3" + "0101" + "626964" + "01" + "180102", "a3f601f60262696401",
    ] {
      #expect(throws: CBORError.duplicateKey(path: ""), "\(text)") { try decode(Old.self, hex: text) }
    }
    #expect(throws: CBORError.duplicateKey(path: "x")) {
      try decode([String: [Int: Int]].self, hex: "a16178a201010102")
    }
  }

  @Test func integersAreCheckedAgainstTheirWidth() throws {
    #expect(try decode(Int8.self, hex: "387f") == -128)
    #expect(try decode(Int8.self, hex: "1b000000000000007f") == 127)
    #expect(try decode(UInt64.self, hex: "1bffffffffffffffff") == .max)
    #expect(try decode(Int64.self, hex: "3b7fffffffffffffff") == .min)
    func refuses<I: FixedWidthInteger & Decodable>(_ type: I.Type, _ text: String) {
      #expect(throws: CBORError.integerOverflow(type: "\(type)", path: ""), "\(type) \(text)") {
        try decode(type, hex: text)
      }
    }
    refuses(Int8.self, "1880")
    refuses(Int8.self, "3880")
    refuses(UInt8.self, "190100")
    refuses(UInt8.self, "20")
    refuses(Int16.self, "198000")
    refuses(UInt16.self, "1a00010000")
    refuses(Int32.self, "1a80000000")
    refuses(UInt32.self, "1b0000000100000000")
    refuses(Int64.self, "1b8000000000000000")
    refuses(Int64.self, "3b8000000000000000")
    refuses(Int.self, "3bffffffffffffffff")
    refuses(UInt64.self, "20")
    #expect(throws: DecodingError.self) { try decode(Int.self, hex: "f93c00") }
  }

  @Test func floatsTakeNumbersOfAnyKindExactly() throws {
    #expect(try decode(Double.self, hex: "f93e00") == 1.5)
    #expect(try decode(Double.self, hex: "fa47c35000") == 100000)
    #expect(try decode(Double.self, hex: "1864") == 100)
    #expect(try decode(Double.self, hex: "3863") == -100)
    #expect(try decode(Double.self, hex: "3bffffffffffffffff") == -0x1p64)
    #expect(try decode(Double.self, hex: "3b7fffffffffffffff") == -0x1p63)
    #expect(try decode(Float.self, hex: "fb3ff8000000000000") == 1.5)
    #expect(try decode(Float.self, hex: "1a00ffffff") == 16_777_215)
    #expect(try decode(Float.self, hex: "f97e00").isNaN)
    #expect(try decode(Double.self, hex: "fa7fc00001").isNaN)
    func refuses<F: BinaryFloatingPoint & Decodable>(_ type: F.Type, _ text: String) {
      #expect(throws: CBORError.inexactNumber(type: "\(type)", path: ""), "\(type) \(text)") {
        try decode(type, hex: text)
      }
    }
    refuses(Double.self, "1b0020000000000001")
    refuses(Double.self, "3b0020000000000000")
    refuses(Double.self, "1bffffffffffffffff")
    refuses(Float.self, "1a01000001")
    refuses(Float.self, "fb3ff199999999999a")
    refuses(Float.self, "fb7e37e43c8800759c")
  }

  @Test func nilsAndOtherSimpleValues() throws {
    #expect(try decode(Int?.self, hex: "f6") == nil)
    #expect(try decode(Int?.self, hex: "f7") == nil)
    #expect(try decode([Int?].self, hex: "83f601f7") == [nil, 1, nil])
    #expect(try decode(Old.self, hex: "a2626964" + "01" + "646e616d65" + "f6") == Old(id: 1))
    #expect(throws: CBORError.unsupportedSimpleValue(16, path: "")) { try decode(Bool.self, hex: "f0") }
    #expect(throws: CBORError.unsupportedSimpleValue(255, path: "0")) {
      try decode([Int].self, hex: "81f8ff")
    }
    #expect(throws: DecodingError.self) { try decode(Bool.self, hex: "f6") }
    #expect(throws: DecodingError.self) { try decode(Bool.self, hex: "01") }
  }

  @Test func byteStringsAreNotArrays() throws {
    #expect(try decode([UInt8].self, hex: "420102") == [1, 2])
    #expect(throws: DecodingError.self) { try decode([UInt8].self, hex: "820102") }
    #expect(throws: DecodingError.self) { try decode([Int8].self, hex: "420102") }
    #expect(throws: DecodingError.self) { try decode(String.self, hex: "420102") }
  }

  @Test func errorsNameTheirPlace() throws {
    do {
      // {"members": [{"age": 1}, {"age": "x"}]}
      _ = try decode(Team.self, hex: "a1676d656d6265727382a163616765" + "01" + "a163616765" + "6178")
      Issue.record("accepted text as an integer")
    } catch let DecodingError.typeMismatch(type, context) {
      #expect(ObjectIdentifier(type) == ObjectIdentifier(UInt8.self))
      #expect(context.codingPath.map(\.stringValue) == ["members", "1", "age"])
      #expect(context.debugDescription == "expected UInt8, found a text string")
    }
    #expect(throws: CBORError.integerOverflow(type: "UInt8", path: "members.0.age")) {
      try decode(Team.self, hex: "a1676d656d6265727381a163616765" + "190100")
    }
    do {
      _ = try decode(Team.self, hex: "a1676d656d6265727381a0")
      Issue.record("accepted a missing key")
    } catch let DecodingError.keyNotFound(key, context) {
      #expect(key.stringValue == "age")
      #expect(context.codingPath.map(\.stringValue) == ["members", "0"])
    }
    #expect(CBORError.truncated(at: 3).description.contains("byte 3"))
    #expect(CBORError.integerOverflow(type: "UInt8", path: "a.b").description.contains("\"a.b\""))
    #expect(!CBORError.trailingBytes(at: 0).isRetryable)
  }
}
