// The examples of RFC 8949 appendix A, as diagnostic notation, as values and back.

import CBOR
import Testing

struct Example: Sendable, CustomTestStringConvertible {
  var hex: String
  var diagnostic: String
  /// Our encoder writes exactly these bytes for the value that they decode to.
  var isOurs: Bool
  var testDescription: String { hex }

  init(_ hex: String, _ diagnostic: String, ours isOurs: Bool = true) {
    self.hex = hex
    self.diagnostic = diagnostic
    self.isOurs = isOurs
  }
}

let oneToTwentyFive = "[" + (1...25).map(String.init).joined(separator: ", ") + "]"

let appendixA: [Example] = [
  Example("00", "0"), Example("01", "1"), Example("0a", "10"), Example("17", "23"),
  Example("1818", "24"), Example("1819", "25"), Example("1864", "100"), Example("1903e8", "1000"),
  Example("1a000f4240", "1000000"), Example("1b000000e8d4a51000", "1000000000000"),
  Example("1bffffffffffffffff", "18446744073709551615"),
  Example("c249010000000000000000", "18446744073709551616", ours: false),
  Example("3bffffffffffffffff", "-18446744073709551616", ours: false),
  Example("c349010000000000000000", "-18446744073709551617", ours: false),
  Example("20", "-1"), Example("29", "-10"), Example("3863", "-100"), Example("3903e7", "-1000"),
  Example("f90000", "0.0"), Example("f98000", "-0.0"), Example("f93c00", "1.0"),
  Example("fb3ff199999999999a", "1.1"), Example("f93e00", "1.5"), Example("f97bff", "65504.0"),
  Example("fa47c35000", "100000.0"), Example("fa7f7fffff", "3.4028234663852886e+38"),
  Example("fb7e37e43c8800759c", "1.0e+300"), Example("f90001", "5.960464477539063e-8"),
  Example("f90400", "0.00006103515625"), Example("f9c400", "-4.0"),
  Example("fbc010666666666666", "-4.1"), Example("f97c00", "Infinity"), Example("f97e00", "NaN"),
  Example("f9fc00", "-Infinity"), Example("fa7f800000", "Infinity", ours: false),
  Example("fa7fc00000", "NaN", ours: false), Example("faff800000", "-Infinity", ours: false),
  Example("fb7ff0000000000000", "Infinity", ours: false),
  Example("fb7ff8000000000000", "NaN", ours: false),
  Example("fbfff0000000000000", "-Infinity", ours: false),
  Example("f4", "false"), Example("f5", "true"), Example("f6", "null"),
  Example("f7", "undefined", ours: false), Example("f0", "simple(16)", ours: false),
  Example("f8ff", "simple(255)", ours: false),
  Example("c074323031332d30332d32315432303a30343a30305a", "0(\"2013-03-21T20:04:00Z\")", ours: false),
  Example("c11a514b67b0", "1(1363896240)", ours: false),
  Example("c1fb41d452d9ec200000", "1(1363896240.5)", ours: false),
  Example("d74401020304", "23(h'01020304')", ours: false),
  Example("d818456449455446", "24(h'6449455446')", ours: false),
  Example(
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d", "32(\"http://www.example.com\")", ours: false),
  Example("40", "h''"), Example("4401020304", "h'01020304'"), Example("60", "\"\""),
  Example("6161", "\"a\""), Example("6449455446", "\"IETF\""), Example("62225c", "\"\\\"\\\\\""),
  Example("62c3bc", "\"\u{fc}\""), Example("63e6b0b4", "\"\u{6c34}\""),
  Example("64f0908591", "\"\u{10151}\""), Example("80", "[]"), Example("83010203", "[1, 2, 3]"),
  Example("8301820203820405", "[1, [2, 3], [4, 5]]"),
  Example("98190102030405060708090a0b0c0d0e0f101112131415161718181819", oneToTwentyFive),
  Example("a0", "{}"), Example("a201020304", "{1: 2, 3: 4}"),
  Example("a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"),
  Example("826161a161626163", "[\"a\", {\"b\": \"c\"}]"),
  Example(
    "a56161614161626142616361436164614461656145",
    "{\"a\": \"A\", \"b\": \"B\", \"c\": \"C\", \"d\": \"D\", \"e\": \"E\"}"),
  Example("5f42010243030405ff", "(_ h'0102', h'030405')", ours: false),
  Example("7f657374726561646d696e67ff", "(_ \"strea\", \"ming\")", ours: false),
  Example("9fff", "[_ ]", ours: false),
  Example("9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]", ours: false),
  Example("9f01820203820405ff", "[_ 1, [2, 3], [4, 5]]", ours: false),
  Example("83018202039f0405ff", "[1, [2, 3], [_ 4, 5]]", ours: false),
  Example("83019f0203ff820405", "[1, [_ 2, 3], [4, 5]]", ours: false),
  Example(
    "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
    "[_ " + oneToTwentyFive.dropFirst(), ours: false),
  Example("bf61610161629f0203ffff", "{_ \"a\": 1, \"b\": [_ 2, 3]}", ours: false),
  Example("826161bf61626163ff", "[\"a\", {_ \"b\": \"c\"}]", ours: false),
  Example("bf6346756ef563416d7421ff", "{_ \"Fun\": true, \"Amt\": -2}", ours: false),
]

@Suite struct AppendixATests {
  @Test(arguments: appendixA) func diagnostic(_ example: Example) throws {
    #expect(try cborDiagnostic(bytes(hex: example.hex)) == example.diagnostic)
  }

  @Test(arguments: appendixA.filter(\.isOurs)) func decodesAndEncodesBack(_ example: Example) throws {
    let item = try decode(Item.self, hex: example.hex)
    #expect(try encodedHex(item) == example.hex)
  }

  /// Indefinite lengths and tags decode to the same value as the plain form does.
  @Test(arguments: [
    ("9f018202039f0405ffff", "8301820203820405"), ("9fff", "80"), ("d74401020304", "4401020304"),
    ("5f42010243030405ff", "450102030405"), ("7f657374726561646d696e67ff", "6973747265616d696e67"),
    ("bf61610161629f0203ffff", "a26161016162820203"), ("826161bf61626163ff", "826161a161626163"),
    ("bf6346756ef563416d7421ff", "a263416d74216346756ef5"), ("fb7ff0000000000000", "f97c00"),
    ("c11a514b67b0", "1a514b67b0"), ("9b0000000000000001181a", "81181a"), ("f7", "f6"),
    ("bf7f616161626163ff0102" + "03ff", "a2020363616263" + "01"),
  ])
  func foreignFormsDecodeToTheSame(_ foreign: String, _ plain: String) throws {
    let item = try decode(Item.self, hex: foreign)
    #expect(item == (try decode(Item.self, hex: plain)))
    #expect(try encodedHex(item) == plain)
  }

  @Test(arguments: [
    ("5fff", "''_"), ("7fff", "\"\"_"), ("a1820102f6", "{[1, 2]: null}"), ("bfff", "{_ }"),
    ("6301207f", "\"\\u0001 \\u007f\""), ("63090a0d", "\"\\t\\n\\r\""), ("c240", "0"),
    ("c25101000000000000000000000000000000" + "00", "2(h'0100000000000000000000000000000000')"),
    ("c2c101", "2(1(1))"), ("f90002", "1.1920928955078125e-7"), ("f98400", "-0.00006103515625"),
    ("fa3727c5ac", "0.000009999999747378752"), ("fb3ee4f8b588e368f1", "0.00001"),
    ("fb4341c37937e08000", "1.0e+16"),
  ])
  func otherDiagnostics(_ text: String, _ diagnostic: String) throws {
    #expect(try cborDiagnostic(bytes(hex: text)) == diagnostic)
  }
}
