// The JSON reader: strict, and the inverse of the text that values give.
import HistoryChecker
import Testing

@Suite struct JSONReaderTests {
  @Test(
    arguments: [
      ("null", JSONValue.null), (" true ", true), ("-0", 0), ("12", 12), ("1.0", 1), ("1e3", 1000),
      ("0.5", .real(0.5)), ("9223372036854775807", .integer(Int64.max)),
      ("-9223372036854775808", .integer(Int64.min)), ("9007199254740992.0", .integer(1 << 53)), ("-0.0e9", 0),
      ("\"\"", ""),
      (#""a\n\"\\\/\u00e9\ud83d\ude00""#, "a\n\"\\/é😀"), ("[]", []), ("[1,[2]]", [1, [2]]),
      (#"{"b":1,"a":{}}"#, ["a": [:], "b": 1]),
    ] as [(String, JSONValue)]) func reads(_ text: String, _ value: JSONValue) throws
  {
    #expect(try JSONReader.read(Array(text.utf8)[...]) == value)
    #expect(try JSONReader.read(Array(value.description.utf8)[...]) == value)
  }

  @Test(arguments: [
    "", " ", "nul", "01", "-", "1.", ".5", "1e", "+1", "1 2", "\"a", "\"\u{1}\"", #""\x""#, #""\ud800""#,
    #""\ude00""#, #""\u12g4""#, #""\u+123""#, "[1,]", "[1", "{\"a\"}", "{\"a\":1,}", "{a:1}",
    "{\"a\":1,\"a\":2}", "1e999", "9223372036854775808", "-9223372036854775809", "18446744073709551615",
    "1e16",
    "-9007199254740994.0", "1e-400", "tru",
    String(repeating: "[", count: 33) + String(repeating: "]", count: 33),
  ]) func refuses(_ text: String) {
    #expect(throws: JSONProblem.self) { try JSONReader.read(Array(text.utf8)[...]) }
  }

  /// Nothing is rounded to something else without a word.
  @Test func aLargeNumberIsRefusedWithItsLine() {
    let write = #"{"process":1,"type":"invoke","f":"write","key":"x","value":1,"time":5}"#
    let text = write + "\n" + write.replacing("\"value\":1", with: "\"value\":18446744073709551615")
    let error = #expect(throws: HistoryError.self) { try HistoryReader.read(text) }
    #expect(error?.line == 2)
    #expect(error?.description.contains("does not fit 64 bits") == true)
  }

  @Test func textsAreTheSameByTheirBytes() throws {
    let composed = JSONValue.string("\u{E9}")
    let decomposed = JSONValue.string("e\u{301}")
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed, composed]).count == 2)
    #expect(["\u{E9}": 1] as JSONValue != ["e\u{301}": 1])
    // Two names, in an order of their own.
    let one = try JSONReader.read(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8)[...])
    let other = try JSONReader.read(Array("{\"e\u{301}\":2,\"\u{E9}\":1}".utf8)[...])
    #expect(one == other && one.hashValue == other.hashValue)
    var recording = Recording()
    recording.run(1, "write", composed)
    recording.run(1, "read", gives: decomposed)
    #expect(try recording.rules(.register) == [.notLinearizable])
    recording = Recording()
    recording.run(1, "write", 1, key: composed)
    recording.run(1, "read", gives: .null, key: decomposed)
    #expect(try recording.verdict(.register) == .ok, "two keys")
  }

  @Test func refusesBrokenUTF8() {
    #expect(throws: JSONProblem.self) { try JSONReader.read([0x22, 0xC3, 0x22]) }
  }

  /// Any bytes give a value or a problem.
  @Test func survivesDamage() throws {
    let text = Array(
      #"{"process":3,"type":"invoke","f":"cas","key":"x","value":[1,{"a":"\u00e9"}],"time":12}"#.utf8)
    for seed in 0..<5_000 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var bytes = text
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? JSONReader.read(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
    }
  }
}
