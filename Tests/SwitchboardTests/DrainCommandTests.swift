// What the commands that move leaderships say and measure, and the setting for a node's end.
import ActorCluster
import Foundation
import Gateway
import NodeStore
import Switchboard
import Testing

@Suite struct DrainCommandTests {
  private func answer(
    _ leads: [UInt32], state: String = "draining", warning: String? = nil
  ) throws -> DrainJSON {
    let more = warning.map { #""warning": "\#($0)""# } ?? #""more": 1"#
    let json = """
      {"node": "north", "state": "\(state)", "leads": \(leads), "milliseconds": 40, "safeToStop": false, \(more)}
      """
    return try JSONDecoder().decode(DrainJSON.self, from: Data(json.utf8))
  }

  @Test func progressNamesWhatIsStillLed() throws {
    #expect(DrainWords.progress(try answer([1, 4])) == "north leads 2 partitions still: 1, 4")
    #expect(DrainWords.progress(try answer([7])) == "north leads 1 partition still: 7")
    #expect(DrainWords.progress(try answer([])) == "north leads nothing any more; its last callers move")
  }

  /// What is said of a drained node that may not be stopped; the command ends with status 1 then.
  @Test func drainedIsNotSafeWhereTheOthersHaveNoMajority() throws {
    let drained = try answer([], state: "drained", warning: "west is not heard")
    #expect(DrainWords.progress(drained).hasSuffix("do not stop it yet: west is not heard"))
    #expect(DrainWords.late(drained, seconds: 9).hasSuffix("west is not heard. It stays out of service"))
    #expect(DrainWords.late(try answer([1]), seconds: 9).contains("was not drained within 9 s"))
  }

  @Test func theSlowestCommandIsLookedForAmongThoseThatWereUnderWay() {
    var board = TransferBoard()
    for (partition, sentAt, doneAt) in [
      (0, 0.0, 1.0), (0, 2.0, 2.5), (0, 2.4, 2.6), (1, 2.0, 9.0), (0, 3.1, 9.0),
    ] {
      board.done(.init(partition: partition, sentAt: sentAt, doneAt: doneAt))
    }
    #expect(board.slowest(0, from: 2.1, to: 3.0) == 0.5)
    #expect(board.slowest(0, from: 0.5, to: 0.6) == 1)
    #expect(board.slowest(2, from: 0, to: 9) == nil)
    board.refused("503")
    board.forget()
    #expect(board.slowest(0, from: 0, to: 9) == nil)
    #expect(board.refusals == ["503"], "a refusal is never forgotten")
  }

  @Test func transferRunsAreChecked() throws {
    #expect(try DemoOptions(transferRuns: 5).mode == .transferRuns(5))
    #expect(throws: DemoOptions.Invalid.self) { try DemoOptions(transferRuns: 0) }
    #expect(throws: DemoOptions.Invalid.self) { try DemoOptions(failoverRuns: 1, transferRuns: 1) }
    #expect(throws: DemoOptions.Invalid.self) { try DemoOptions(clusterOnly: true, transferRuns: 1) }
  }

  @Test func theGraceTimeOfAStopIsBounded() throws {
    #expect(try settings("").stopGrace == .seconds(5))
    #expect(try settings("stop: {grace_seconds: 0}").stopGrace == .zero)
    #expect(throws: InvalidConfiguration.self) { try settings("stop: {grace_seconds: 601}") }
  }

  private func settings(_ more: String) throws -> NodeSettings {
    try NodeSettingsReader.read(input(soundFile + "\n" + more), files: FakeDisk().view)
  }
}
