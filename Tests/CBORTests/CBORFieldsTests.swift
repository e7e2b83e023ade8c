// Types that are coded field by field: the same bytes and the same reading as the compiler's own conformance.
import CBOR
import Foundation
import Testing

private enum Names: Int, CodingKey {
  case text = 0
  case number = 1
  case list = 3
  case maybe = 4
  case inner = 5
  case flag = -1
}

private struct Inner: Codable, Equatable {
  var value: UInt64

  enum CodingKeys: Int, CodingKey { case value = 7 }
}

/// As the compiler does it.
private struct Plain: Codable, Equatable {
  var flag = true
  var text = "text longer than fifteen bytes"
  var number: Int64 = -70_000
  var list = ["a", "b"]
  var maybe: Double?
  var inner = Inner(value: 9)

  enum CodingKeys: Int, CodingKey {
    case text = 0
    case number = 1
    case list = 3
    case maybe = 4
    case inner = 5
    case flag = -1
  }
}

private struct Fields: CBORFields, Equatable {
  var flag = true
  var text = "text longer than fifteen bytes"
  var number: Int64 = -70_000
  var list = ["a", "b"]
  var maybe: Double?
  var inner = Inner(value: 9)

  init() {}

  static var fieldNames: any CodingKey.Type { Names.self }

  init(fields: CBORFieldReader) throws {
    text = try fields.read(0)
    number = try fields.read(1)
    list = try fields.read(3)
    maybe = try fields.readIfPresent(4)
    inner = try fields.read(5)
    flag = try fields.read(-1)
  }

  func write(to fields: CBORFieldWriter) throws {
    try fields.write(text, 0)
    try fields.write(number, 1)
    try fields.write(list, 3)
    try fields.writeIfPresent(maybe, 4)
    try fields.write(inner, 5)
    try fields.write(flag, -1)
  }
}

/// In an order that has to be sorted.
private struct Backwards: CBORFields {
  static var fieldNames: any CodingKey.Type { Names.self }

  init() {}
  init(fields: CBORFieldReader) throws {}

  func write(to fields: CBORFieldWriter) throws {
    try fields.write(2 as Int, 1)
    try fields.write("a", 0)
  }
}

@Suite struct CBORFieldsTests {
  @Test(arguments: [nil, 1.5]) func theBytesAreThoseOfTheCompilersConformance(_ maybe: Double?) throws {
    var fields = Fields()
    var plain = Plain()
    (fields.maybe, plain.maybe) = (maybe, maybe)
    let bytes = try CBOREncoder().encode(fields)
    #expect(bytes == (try CBOREncoder().encode(plain)))
    #expect(try CBORDecoder().decode(Fields.self, from: bytes) == fields)
    let nested = try CBOREncoder().encode([fields, fields])
    #expect(nested == (try CBOREncoder().encode([plain, plain])))
    #expect(try CBORDecoder().decode([Fields].self, from: nested) == [fields, fields])
  }

  @Test func fieldsOutOfOrderAreSorted() throws {
    #expect(try CBOREncoder().encode(Backwards()) == [0xa2, 0x00, 0x61, 0x61, 0x01, 0x02])
  }

  @Test func otherOrdersTextKeysAndUnknownFieldsAreRead() throws {
    // {5: {7: 9}, 99: [1], "text": "t", 3: [], -1: false, 1: 4, 4: null}
    let bytes: [UInt8] =
      [0xa7, 0x05, 0xa1, 0x07, 0x09, 0x18, 0x63, 0x81, 0x01, 0x64] + Array("text".utf8)
      + [0x61, 0x74, 0x03, 0x80, 0x20, 0xf4, 0x01, 0x04, 0x04, 0xf6]
    let value = try CBORDecoder().decode(Fields.self, from: bytes)
    let plain = try CBORDecoder().decode(Plain.self, from: bytes)
    #expect(value.text == "t" && value.number == 4 && value.list.isEmpty && !value.flag && value.maybe == nil)
    #expect(value.inner == plain.inner && value.text == plain.text)
  }

  @Test func aMissingFieldIsNamed() throws {
    let bytes: [UInt8] = [0xa1, 0x00, 0x61, 0x74]
    let error = #expect(throws: DecodingError.self) { try CBORDecoder().decode(Fields.self, from: bytes) }
    guard case .keyNotFound(let key, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(key.stringValue == "number")
  }

  @Test func anErrorSaysWhere() throws {
    // {0: "t", 1: "no number"}
    let bytes: [UInt8] = [0xa2, 0x00, 0x61, 0x74, 0x01, 0x61, 0x6e]
    let error = #expect(throws: DecodingError.self) { try CBORDecoder().decode(Fields.self, from: bytes) }
    guard case .typeMismatch(_, let context) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(context.codingPath.map(\.stringValue) == ["number"])
  }

  @Test func aFieldTwiceAndWhatIsNoMapAreRefused() throws {
    #expect(throws: (any Error).self) {
      try CBORDecoder().decode(Backwards.self, from: [0xa2, 0x00, 0x01, 0x00, 0x01] as [UInt8])
    }
    #expect(throws: (any Error).self) { try CBORDecoder().decode(Backwards.self, from: [0x80] as [UInt8]) }
  }

  @Test func otherFormatsHaveTheNames() throws {
    var fields = Fields()
    fields.maybe = 2
    let bytes = try JSONEncoder().encode(fields)
    #expect(try JSONDecoder().decode(Fields.self, from: bytes) == fields)
    var plain = Plain()
    plain.maybe = 2
    #expect(try JSONDecoder().decode(Plain.self, from: bytes) == plain)
  }
}
