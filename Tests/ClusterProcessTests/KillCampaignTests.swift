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
    #expect(report.kills >= 7 && report.restarts == report.kills, comment)
    #expect(report.counts.ok > 500, comment)
    // Clients rest after an outcome that they do not know, so fewer than all are at work.
    #expect(report.counts.overlap.timeAverage > 3 && report.overlapPerKey > 5, comment)
    #expect(report.verdict.acknowledgedAdds > 50, comment)
    #expect(report.counts.unknownShare < 0.3, comment)

    // The file as a whole says the same as its keys one by one.
    let history = try HistoryReader.read(try String(contentsOfFile: options.history, encoding: .utf8))
    #expect(
      history.operations.count + history.failed == report.operations + report.counts.keys.count, comment)
    #expect(history.open == report.counts.unknown, comment)
    let whole = try HistoryCheck(model: .register).run(history)
    #expect(whole.verdict == .ok && whole.keysDecided == report.counts.keys.count, comment)
    if report.conclusion == .ok { try FileManager.default.removeItem(atPath: directory) }
  }
}
