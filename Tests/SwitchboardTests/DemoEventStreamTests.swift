// Server-sent events however their bytes are cut, replies, and what the driver reads of the cluster's state.
import Foundation
import Switchboard
import Testing

struct DemoEventStreamTests {
  private static let stream =
    ": node north\n\nid: 1\nevent: position\ndata: {}\n\nid: 2\nevent: interaction.offered\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n"
    + ": keep-alive\n\ndata: last\n\nevent: nothing\n\n"
  private static let messages = [
    StreamMessage(id: "1", event: "position", data: "{}"),
    StreamMessage(id: "2", event: "interaction.offered", data: "{\"a\":\n1}"),
    StreamMessage(id: "2", event: "message", data: "last"),
  ]

  @Test func anyCutGivesTheSameEvents() throws {
    let bytes = Array(Self.stream.utf8)
    for cut in 0...bytes.count {
      var parser = EventStreamParser()
      let first = try parser.read(bytes[..<cut])
      let second = try parser.read(bytes[cut...])
      #expect(first + second == Self.messages, "cut at \(cut)")
    }
    var parser = EventStreamParser()
    var read: [StreamMessage] = []
    for byte in bytes { read += try parser.read([byte]) }
    #expect(read == Self.messages)
  }

  @Test func anEndlessLineIsRefused() throws {
    var parser = EventStreamParser()
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: EventStreamParser.limit)
    _ = try parser.read(piece)
    #expect(throws: EventStreamOverflow.self) { try parser.read([UInt8(ascii: "x")]) }
  }

  @Test func endlessDataIsRefused() throws {
    var parser = EventStreamParser()
    let line = Array(("data: " + String(repeating: "x", count: 1_000) + "\n").utf8)
    #expect(throws: EventStreamOverflow.self) {
      for _ in 0..<2_000 { _ = try parser.read(line) }
    }
  }

  @Test func repliesAreJudged() {
    func judge(_ status: Int, _ body: String) -> ReplyJudgment {
      ReplyJudgment(status: status, body: Data(body.utf8))
    }
    func error(_ code: String, _ rest: String = "") -> String {
      "{\"error\": {\"code\": \"\(code)\", \"message\": \"m\"\(rest)}}"
    }
    #expect(judge(201, "anything") == .done)
    #expect(
      judge(409, error("alreadyAnswered"))
        == .refused(code: "alreadyanswered", message: "409 alreadyAnswered m"))
    #expect(
      judge(409, error("already_answered"))
        == .refused(code: "alreadyanswered", message: "409 already_answered m"))
    #expect(judge(404, "<html>") == .refused(code: "status404", message: "404  "))
    #expect(
      judge(503, error("unavailable", ", \"retryable\": true, \"retryAfterMs\": 200"))
        == .again(afterMilliseconds: 200, why: "503 unavailable m"))
    #expect(judge(500, "") == .again(afterMilliseconds: 50, why: "500  "))
    // A server's advice is followed within reason.
    #expect(
      judge(429, error("overloaded", ", \"retryAfterMs\": 60000"))
        == .again(afterMilliseconds: 1_000, why: "429 overloaded m"))
    #expect(
      judge(409, error("capacityInUse", ", \"retryable\": true"))
        == .again(afterMilliseconds: 100, why: "409 capacityInUse m"))
  }

  @Test func theBusiestPartitionIsThatWithMostCommits() {
    let reply = ClusterReply(
      node: "north",
      partitions: [
        .init(partition: 0, leader: "north", commitIndex: 5, appliedIndex: 5),
        .init(partition: 1, leader: "south", commitIndex: 9, appliedIndex: 9),
        .init(partition: 2, leader: "south", commitIndex: 1, appliedIndex: 1),
        .init(partition: 3, leader: nil, commitIndex: 2, appliedIndex: 2),
      ])
    #expect(reply.busiestLeader?.node == "south")
    #expect(reply.busiestLeader?.partitions == [1, 2])
    #expect(!ClusterReply.agree([reply]))
    #expect(!ClusterReply.agree([]))
  }

  @Test func nodesAgreeWhenTheyAppliedTheSame() {
    func reply(_ node: String, _ index: UInt64, outbox: Int = 0) -> ClusterReply {
      ClusterReply(
        node: node,
        partitions: [
          .init(partition: 0, leader: "north", commitIndex: 9, appliedIndex: index, outboxMessages: outbox)
        ])
    }
    #expect(ClusterReply.agree([reply("north", 9), reply("south", 9)]))
    #expect(!ClusterReply.agree([reply("north", 9), reply("south", 8)]))
    #expect(!ClusterReply.agree([reply("north", 9), reply("south", 9, outbox: 1)]))
  }

  @Test func onlyProbesSentAfterTheKillCount() {
    var board = ProbeBoard()
    board.acknowledged(partition: 1, sentAt: 0.5, at: 0.6)
    board.killed(at: 1, signaled: 1)
    // In flight at the kill: the dead leader may have acknowledged it.
    board.acknowledged(partition: 1, sentAt: 0.9, at: 1.1)
    #expect(board.failover.isEmpty)
    board.acknowledged(partition: 1, sentAt: 1.05, at: 1.25)
    board.acknowledged(partition: 1, sentAt: 1.3, at: 1.31)
    board.acknowledged(partition: 2, sentAt: 1.0, at: 1.5)
    #expect(board.failover == [1: 0.25, 2: 0.5])
    #expect(board.acknowledged == 5)
  }

  @Test func optionsThatMakeNoSenseAreRefused() throws {
    #expect(throws: DemoOptions.Invalid.self) { try DemoOptions(clusterOnly: true, failoverRuns: 3) }
    #expect(throws: DemoOptions.Invalid.self) { try DemoOptions(speed: 0) }
    #expect(throws: DemoOptions.Invalid.self) { try DemoOptions(speed: .nan) }
    #expect(throws: DemoOptions.Invalid.self) { try DemoOptions(killAt: 1.5) }
    #expect(throws: DemoOptions.Invalid.self) { try DemoOptions(failoverRuns: 0) }
    #expect(try DemoOptions(noKill: true).killAt == nil)
    #expect(try DemoOptions(failoverRuns: 20).mode == .failoverRuns(20))
  }
}
