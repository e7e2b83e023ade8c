// The table of `switchboard ctl members`: golden; and the settings of a node that joins.
import ActorCluster
import Foundation
import PeerTransport
import Switchboard
import Testing

@Suite struct MembersTableTests {
  private func report(moving: String = "[]", second: String = "active") throws -> MembersReport {
    let json = """
      {"cluster": "bank", "node": "north", "revision": 7, "level": 1, "voters": 3, "copies": "everywhere", "partitions": 16,
       "members": [
        {"number": 1, "name": "north", "peer": "10.0.0.1:7101", "status": "active", "level": 1, "votes": 16, "leads": 8, "words": ""},
        {"number": 4, "name": "east", "peer": "10.0.0.4:7101", "site": "cloud", "status": "\(second)", "level": 1, "votes": 0,
         "leads": 0, "words": "keep it running"}],
       "moving": \(moving), "addedLater": 1}
      """
    return try JSONDecoder().decode(MembersReport.self, from: Data(json.utf8))
  }

  @Test func eachMemberIsALine() throws {
    let report = try report(moving: "[3, 4]", second: "leaving")
    #expect(!report.isSettled)
    #expect(
      MembersTable.text(report) == """
        cluster bank, as north knows it: 16 partitions, up to 3 nodes vote in each, every node has a copy of each; feature level 1

        NO  NODE   STATUS   VOTES  LEADS  SITE   LEVEL  PEER
         1  north  active      16      8  -          1  10.0.0.1:7101
         4  east   leaving      0      0  cloud      1  10.0.0.4:7101  keep it running

        2 partitions still to move
        """)
  }

  @Test func whoComesOrGoesIsNotSettled() throws {
    #expect(try report().isSettled)
    #expect(try !report(second: "joining").isSettled)
    #expect(try report(second: "gone").isSettled)
    #expect(try !report(moving: "[0]").isSettled)
  }

  /// A node that answers before it has heard of a removal says so as long as the one that leaves counts.
  @Test func aNodeIsHeldUntilItIsGone() throws {
    for status in ["joining", "active", "leaving"] { #expect(try report(second: status).holds("east")) }
    #expect(try !report(second: "gone").holds("east"))
    #expect(try !report().holds("west"))
  }

  @Test func theSettingsOfAFoundedAndOfAJoinedCluster() throws {
    let plain = try NodeSettingsReader.read(input(), files: FakeDisk().view)
    #expect(!plain.joins && !plain.raisesLevel && plain.founding.voters == nil)
    #expect(plain.founding.copies == .everywhere && plain.founding.apis[NodeID(rawValue: "north")] != nil)
    var set = input()
    set.sets = [
      "cluster.join=yes", "cluster.voters=5", "cluster.copies=voters", "cluster.upgrade=automatic",
      "nodes.north.site=cloud",
    ]
    let read = try NodeSettingsReader.read(set, files: FakeDisk().view)
    #expect(read.joins && read.raisesLevel && read.founding.voters == 5 && read.founding.copies == .voters)
    #expect(read.founding.sites == [NodeID(rawValue: "north"): "cloud"])
    #expect(problems { $0.sets = ["cluster.join=maybe"] }.count == 1)
  }
}
