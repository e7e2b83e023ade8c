// History files: what is accepted, and how a malformed line is named.
import HistoryChecker
import Testing

@Suite struct HistoryReaderTests {
  private static let invoke = #"{"process":1,"type":"invoke","f":"write","key":"x","value":1,"time":5}"#
  private static let ok = #"{"process":1,"type":"ok","f":"write","key":"x","value":1,"time":6}"#

  @Test func anyPieceSizeGivesTheSame() throws {
    var generator = HistoryGenerator(model: .keyValue, operations: 60, processes: 4)
    generator.openShare = 0.1
    generator.failShare = 0.1
    let records = generator.records(seed: 3)
    let bytes = Array((records.map(\.line).joined(separator: "\n") + "\n\n").utf8)
    let whole = try History(records: records)
    for size in [1, 7, 64, bytes.count] {
      var reader = HistoryReader()
      var at = 0
      while at < bytes.count {
        try reader.feed(bytes[at..<min(at + size, bytes.count)])
        at += size
      }
      let read = try reader.finish()
      #expect(read.operations == whole.operations, "size \(size)")
      #expect(read.failed == whole.failed)
    }
  }

  @Test(arguments: [
    ("{", 1, "not JSON"),
    ("[1]", 1, "one JSON object"),
    (invoke + "\n" + invoke.replacing("\"time\":5", with: "\"time\":6"), 2, "has not ended"),
    (ok, 1, "has not invoked"),
    (invoke + "\n" + ok.replacing("\"time\":6", with: "\"time\":4"), 2, "goes back"),
    (
      invoke + "\n\n" + ok.replacing("write", with: "read"), 3,
      "\"f\" is not that of the invocation in line 1"
    ),
    (invoke + "\n" + ok.replacing("\"x\"", with: "\"y\""), 2, "\"key\""),
    (invoke.replacing("invoke", with: "begin"), 1, "\"type\" must be"),
    (invoke.replacing("\"time\":5", with: "\"time\":5.5"), 1, "\"time\" must be"),
    (invoke.replacing("\"x\"", with: "[]"), 1, "\"key\" must be"),
    (invoke.replacing("process\":1", with: "process\":\"a\""), 1, "\"process\" must be"),
    (invoke.replacing("value", with: "valeu"), 1, "\"valeu\" is not known"),
    (invoke.replacing("\"f\":\"write\",", with: ""), 1, "\"f\" must be"),
    (invoke + "x", 1, "something follows"),
  ]) func aMalformedLineIsNamed(_ text: String, _ line: Int, _ words: String) {
    let error = #expect(throws: HistoryError.self) { try HistoryReader.read(text) }
    #expect(error?.line == line)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func aLongLineIsRefusedBeforeItIsWhole() throws {
    var reader = HistoryReader()
    let piece = Array(repeating: UInt8(ascii: " "), count: HistoryReader.lineLimit)
    try reader.feed(piece[...])
    #expect(throws: HistoryError(line: 1, problem: .tooLong(limit: HistoryReader.lineLimit))) {
      try reader.feed([UInt8(ascii: " ")])
    }
  }

  @Test(arguments: [
    (#"{"f":"push"}"#, Model.queue, "\"push\" is no function of the model queue"),
    (#"{"f":"cas","value":[1]}"#, .register, "must be [from, to]"),
    (#"{"f":"add","value":"1"}"#, .register, "must be an integer"),
    (#"{"f":"enqueue"}"#, .queue, "anything but null"),
    (#"{"f":"accept","key":"i","value":{}}"#, .contactCenter, "names the \"agent\""),
    (#"{"f":"sign-in","key":"a","value":{}}"#, .contactCenter, "\"capacity\""),
    (#"{"f":"delete"}"#, .register, "no function of the model register"),
  ]) func whatTheModelDoesNotKnowIsNamed(_ text: String, _ model: Model, _ words: String) throws {
    let line = text.replacing("{\"f\"", with: "{\"process\":1,\"type\":\"invoke\",\"time\":0,\"f\"")
    let history = try HistoryReader.read(line)
    let error = #expect(throws: HistoryError.self) { try HistoryCheck(model: model).run(history) }
    #expect(error?.line == 1)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }
}
