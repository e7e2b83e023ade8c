// What a campaign concludes, and that a node's own end is seen however late it comes.
import ClusterTestKit
import Foundation
import Testing
import kill_campaign

@Suite struct CampaignReportTests {
  private func report(
    kills: Int = 5, ok: Int = 100, crashes: [String] = [], unread: [String] = [],
    change: (inout CampaignVerdict) -> Void = { _ in }
  ) throws -> CampaignReport {
    let options = CampaignOptions(
      duration: .seconds(1), clients: 1, killEvery: .seconds(2), seed: 1,
      directory: NSTemporaryDirectory(), history: "\(NSTemporaryDirectory())report-\(UUID()).jsonl",
      nodeExecutable: "")
    defer { try? FileManager.default.removeItem(atPath: options.history) }
    let board = try CampaignBoard(options)
    var counts = try board.finish()
    counts.keys = []
    counts.ok = ok
    var verdict = CampaignVerdict()
    change(&verdict)
    return CampaignReport(
      options: options, counts: counts, verdict: verdict, kills: kills, restarts: kills, crashes: crashes,
      unread: unread)
  }

  @Test func whatWasNotPutToTheTestIsNotOk() throws {
    #expect(try report().conclusion == .ok)
    #expect(try report(kills: 0).conclusion == .undecided)
    #expect(try report(kills: 0).text.contains("no node was killed"))
    #expect(try report(ok: 0).conclusion == .undecided)
    #expect(try report(ok: 0).text.contains("nothing was acknowledged"))
  }

  @Test func theWorstIsConcluded() throws {
    #expect(try report(kills: 0, crashes: ["west: exit code 7"]).conclusion == .misbehaved)
    let unread = try report { $0.unread = ["c1"] }
    #expect(unread.conclusion.rawValue == 4)
    #expect(unread.text.contains("1 keys were not read and are not judged"))
    #expect(try report(unread: ["c1: no answer"]) { $0.lost = ["c2"] }.conclusion == .violated)
  }

  @Test func aNodeThatEndedByItselfIsSeenAtTheEnd() async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("nodes-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let cluster = try LocalCluster(makingIn: directory, nodes: ["north", "west"])
    let program = try FakeNode.write(to: directory, "[ \"$1\" = west ] && exit 7; exec sleep 600")
    let nodes = Nodes(cluster: cluster, executable: program)
    try await nodes.startAll()
    try await Task.sleep(for: .seconds(1))
    let tally = await nodes.close()
    #expect(tally.crashes == ["west: exit code 7"])
    #expect(await nodes.close() == tally, "told once")
  }
}

/// A program in place of `counter-node`.
enum FakeNode {
  /// - Parameter body: shell; `$1` is the node's name.
  static func write(to directory: String, _ body: String) throws -> String {
    let path = "\(directory)/fake-node"
    try "#!/bin/sh\n\(body)\n".write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }
}
