// `switchboard check` on files: verdicts and exit codes.
import Foundation
import HistoryChecker
import Switchboard
import Testing

@Suite struct CheckCommandTests {
  private static func withFile<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString).jsonl")
    try Data(text.utf8).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    return try body(path.path())
  }

  private static let staleRead = """
    {"process":1,"type":"invoke","f":"write","key":"x","value":1,"time":1}
    {"process":1,"type":"ok","f":"write","key":"x","value":1,"time":2}
    {"process":2,"type":"invoke","f":"read","key":"x","time":3}
    {"process":2,"type":"ok","f":"read","key":"x","value":null,"time":4}
    """

  @Test func verdictsHaveTheirCodes() throws {
    try Self.withFile(Self.staleRead) { file in
      let wrong = try CheckRun(file: file, model: .register, limits: CheckLimits()).report()
      #expect(CheckExit(wrong.verdict) == .violated)
      #expect(CheckExit(wrong.verdict).rawValue == 1)
      let cut = try CheckRun(file: file, model: .register, limits: CheckLimits(steps: 0)).report()
      #expect(CheckExit(cut.verdict).rawValue == 2)
    }
    try Self.withFile("") { file in
      let empty = try CheckRun(file: file, model: .register, limits: CheckLimits()).report()
      #expect(CheckExit(empty.verdict).rawValue == 0)
    }
  }

  /// The verdict is said first, and an unwritable picture takes the code only from a verdict of ok.
  @Test(arguments: [true, false]) func aPictureThatCannotBeWrittenHidesNothing(_ json: Bool) throws {
    func give(_ text: String) throws -> (exit: CheckExit, said: [String]) {
      try Self.withFile(text) { file in
        let report = try CheckRun(file: file, model: .register, limits: CheckLimits()).report()
        var said: [String] = []
        let exit = CheckAnswer(report, json: json, title: file).give(
          picture: "/nowhere/p.html", say: { said.append($0) }, complain: { said.append("! " + $0) })
        return (exit, said)
      }
    }
    let wrong = try give(Self.staleRead)
    #expect(wrong.exit == .violated)
    #expect(wrong.said.count == 2)
    #expect(wrong.said.first?.contains("violated") == true)
    #expect(wrong.said.last?.hasPrefix("! /nowhere/p.html cannot be written") == true)
    let right = try give("")
    #expect(right.exit == .unwritable && right.exit.rawValue == 73)
    #expect(right.said.first?.contains("ok") == true)
    #expect(right.said.first?.contains("no operations") == true)
  }

  @Test func aMalformedFileIsNamedWithItsLine() throws {
    try Self.withFile(Self.staleRead + "\n{\"process\":") { file in
      let failure = #expect(throws: CheckFailure.self) {
        try CheckRun(file: file, model: .register, limits: CheckLimits()).report()
      }
      #expect(failure?.status.rawValue == 65)
      #expect(failure?.description.contains("\(file), line 5: not JSON") == true)
    }
  }

  @Test func aMissingFileIsSaid() {
    let failure = #expect(throws: CheckFailure.self) {
      try CheckRun(file: "/nowhere/h.jsonl", model: .queue, limits: CheckLimits()).report()
    }
    #expect(failure?.status == .unreadable)
  }

  @Test func aPictureIsWritten() throws {
    try Self.withFile(Self.staleRead) { file in
      let report = try CheckRun(file: file, model: .register, limits: CheckLimits()).report()
      try CheckRun.write(Picture.html(report, title: file), to: file)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(text.contains("<svg") && text.contains("culprit"))
    }
    #expect(throws: CheckFailure.self) { try CheckRun.write("", to: "/nowhere/p.html") }
  }
}
