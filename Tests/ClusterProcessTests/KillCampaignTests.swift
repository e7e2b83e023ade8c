// The kill campaign, short: real processes under SIGKILL, the history checked.
import Foundation
import HistoryChecker
import Testing
import kill_campaign

@Suite(.serialized) struct KillCampaignTests {
  @Test(.timeLimit(.minutes(5)))
  func aHistoryUnderKillsIsLinearizable() async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("campaign-\(UUID())").path
    let seed = UInt64.random(in: 0 ... .max)
    var options = CampaignOptions(
      duration: .seconds(20), clients: 10, slots: 1, killEvery: .seconds(2), seed: seed, directory: directory,
      history: "\(directory)/history.jsonl", nodeExecutable: try BuiltExecutable.find("counter-node").path)
    options.operationsPerKey = 300
    let report = try await Campaign(options).run()
    let comment = Comment(rawValue: "kept in \(directory)\n\(report.text)")

    #expect(report.conclusion == .ok, comment)
    // How much gets done depends on the machine; `make linearizability` is for figures.
    #expect(report.kills >= 3 && report.restarts == report.kills, comment)
    #expect(report.counts.ok > 100, comment)
    #expect(report.counts.overlap.timeAverage > 1 && report.overlapPerKey > 1, comment)
    #expect(report.verdict.acknowledgedAdds > 10, comment)

    // The file as a whole says the same as its keys one by one.
    let history = try HistoryReader.read(try String(contentsOfFile: options.history, encoding: .utf8))
    #expect(
      history.operations.count + history.failed == report.operations + report.counts.keys.count, comment)
    #expect(history.open == report.counts.unknown, comment)
    let whole = try HistoryCheck(model: .register).run(history)
    #expect(whole.verdict == .ok && whole.keysDecided == report.counts.keys.count, comment)
    if report.conclusion == .ok { try FileManager.default.removeItem(atPath: directory) }
  }

  /// One node ends by itself and nobody kills it: two others do the work, and only the report can tell.
  @Test(.timeLimit(.minutes(3)))
  func aNodeThatEndsByItselfIsNotOverlooked() async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("campaign-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let node = try BuiltExecutable.find("counter-node").path
    let program = try FakeNode.write(
      to: directory,
      "[ \"$1\" = west ] || exec \(node) \"$@\"\n\(node) \"$@\" & sleep 3; kill -9 $!; exit 7")
    let options = CampaignOptions(
      duration: .seconds(5), clients: 4, slots: 1, killEvery: .seconds(600), seed: 1, directory: directory,
      history: "\(directory)/history.jsonl", nodeExecutable: program)
    let report = try await Campaign(options).run()
    #expect(report.crashes == ["west: exit code 7"])
    #expect(report.conclusion == .misbehaved, "\(report.text)")
    #expect(report.kills == 0 && report.counts.ok > 0)
  }
}
