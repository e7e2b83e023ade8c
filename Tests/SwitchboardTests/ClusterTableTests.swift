// The table of `switchboard ctl status`: golden.
import Foundation
import Switchboard
import Testing

@Suite struct ClusterTableTests {
  private func partition(
    _ number: Int, leader: String?, role: String, term: Int, commit: Int, applied: Int,
    health: String = "running"
  ) -> String {
    let leader = leader.map { "\"\($0)\"" } ?? "null"
    return """
      {"partition": \(number), "role": "\(role)", "leader": \(leader), "term": \(term), "commitIndex": \(commit),
       "appliedIndex": \(applied), "lastIndex": \(commit), "isServing": true, "health": "\(health)", "actors": 12,
       "outboxMessages": 0, "timers": 3, "replies": 4}
      """
  }

  private func report(south: String, disk: String = "well", _ partitions: [String]) throws -> ClusterReport {
    let json = """
      {"cluster": "bank", "node": "north", "version": "1", "addedLater": true,
       "nodes": [{"name": "east", "state": "connected", "api": "http://127.0.0.1:8103", "disk": "\(disk)", "more": 1},
                 {"name": "north", "state": "self", "api": "http://127.0.0.1:8101",
                  "disk": "well"},
                 {"name": "south", "state": "\(south)"}],
       "partitions": [\(partitions.joined(separator: ","))]}
      """
    return try JSONDecoder().decode(ClusterReport.self, from: Data(json.utf8))
  }

  @Test func aHealthyClusterIsAllWell() throws {
    let report = try report(
      south: "connected",
      [
        partition(0, leader: "east", role: "follower", term: 3, commit: 12_345, applied: 12_345),
        partition(10, leader: "north", role: "leader", term: 12, commit: 7, applied: 6),
      ])
    #expect(report.troubles == [])
    #expect(
      ClusterTable.text(report) == """
        cluster bank, as north sees it (version 1)

        NODE   STATE      LEADS  DISK  API
        east   connected      1  well  http://127.0.0.1:8103
        north  self           1  well  http://127.0.0.1:8101
        south  connected      0  -     -

        PARTITION  LEADER  ROLE      TERM  COMMIT  APPLIED  ACTORS  HEALTH
                0  east    follower     3   12345    12345      12  running
               10  north   leader      12       7        6      12  running

        all well
        """)
  }

  @Test func whatIsNotWellIsSaidInWords() throws {
    let report = try report(
      south: "unreachable", disk: "full",
      [
        partition(0, leader: nil, role: "preCandidate", term: 3, commit: 1, applied: 1),
        partition(
          1, leader: "east", role: "follower", term: 3, commit: 1, applied: 0,
          health: "quarantined: bad entry"),
      ])
    #expect(
      ClusterTable.text(report).hasSuffix(
        """
        PARTITION  LEADER  ROLE          TERM  COMMIT  APPLIED  ACTORS  HEALTH
                0  none    preCandidate     3       1        1      12  running
                1  east    follower         3       1        0      12  quarantined: bad entry

        not well:
          node south is unreachable from north
          the disk of node east is full: free some
          partition 0 has no known leader
          partition 1 on north: quarantined: bad entry
        """))
  }
}
