// The table of `switchboard ctl status`: golden.
import Foundation
import Switchboard
import Testing

@Suite struct ClusterTableTests {
  private func partition(
    _ number: Int, leader: String?, role: String, term: Int, commit: Int, applied: Int,
    health: String = "running", followers: [(node: String, lag: Int, isActive: Bool)]? = nil
  ) -> String {
    let followers = (followers ?? []).map {
      #"{"node": "\#($0.node)", "lag": \#($0.lag), "isActive": \#($0.isActive), "isVoter": true}"#
    }
    let known = followers.isEmpty ? "null" : "[\(followers.joined(separator: ","))]"
    let leader = leader.map { "\"\($0)\"" } ?? "null"
    return """
      {"partition": \(number), "role": "\(role)", "leader": \(leader), "term": \(term), "commitIndex": \(commit),
       "appliedIndex": \(applied), "lastIndex": \(commit), "isServing": true, "health": "\(health)", "actors": 12,
       "outboxMessages": 0, "timers": 3, "replies": 4, "followers": \(known)}
      """
  }

  private func report(
    south: String, disk: String = "well", certificate: (String, Int) = ("well", 365),
    certificates: String = "null",
    _ partitions: [String]
  ) throws -> ClusterReport {
    let json = """
      {"cluster": "bank", "node": "north", "version": "1", "addedLater": true,
       "certificates": \(certificates),
       "nodes": [{"name": "east", "state": "connected", "api": "http://127.0.0.1:8103", "disk": "\(disk)", "more": 1,
                  "certificate": "\(certificate.0)", "certificateDays": \(certificate.1), "service": "draining",
                  "version": "1.1", "clockOffsetMilliseconds": 12},
                 {"name": "north", "state": "self", "api": "http://127.0.0.1:8101",
                  "disk": "well", "service": "active", "version": "1", "clockOffsetMilliseconds": -3},
                 {"name": "south", "state": "\(south)"}],
       "partitions": [\(partitions.joined(separator: ","))]}
      """
    return try JSONDecoder().decode(ClusterReport.self, from: Data(json.utf8))
  }

  @Test func aHealthyClusterIsAllWell() throws {
    var report = try report(
      south: "connected",
      [
        partition(0, leader: "east", role: "follower", term: 3, commit: 12_345, applied: 12_345),
        partition(
          10, leader: "north", role: "leader", term: 12, commit: 7, applied: 6,
          followers: [("east", 0, true), ("south", 120, false)]),
      ])
    #expect(report.leadersElsewhere == ["http://127.0.0.1:8103"])
    report.add(
      try self.report(
        south: "connected",
        [
          partition(
            0, leader: "east", role: "leader", term: 3, commit: 12_345, applied: 12_345,
            followers: [("north", 0, true), ("south", 0, true)])
        ]))
    #expect(report.troubles == [])
    #expect(
      ClusterTable.text(report) == """
        cluster bank, as north sees it (version 1)

        NODE   STATE      SERVICE   LEADS  DISK   CLOCK  CERT   VERSION  API
        east   connected  draining      1  well  +12 ms  365 d  1.1      http://127.0.0.1:8103
        north  self       active        1  well   -3 ms  -      1        http://127.0.0.1:8101
        south  connected  -             0  -          -  -      -        -

        PARTITION  LEADER  ROLE      TERM  COMMIT  APPLIED  LAG         SESSIONS  ACTORS  HEALTH
                0  east    follower     3   12345    12345  0                  -      12  running
               10  north   leader      12       7        6  south 120?         -      12  running

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
        PARTITION  LEADER  ROLE          TERM  COMMIT  APPLIED  LAG  SESSIONS  ACTORS  HEALTH
                0  none    preCandidate     3       1        1  -           -      12  running
                1  east    follower         3       1        0  -           -      12  quarantined: bad entry

        not well:
          node south is unreachable from north
          the disk of node east is full: free some
          partition 0 has no known leader
          partition 1 on north: quarantined: bad entry
        """))
  }

  @Test func certificatesThatEndSoonAreTroublesWithTheirCommand() throws {
    let sound = [partition(0, leader: "east", role: "follower", term: 3, commit: 1, applied: 1)]
    // A month before, the table shows the days; all is still well.
    #expect(try report(south: "connected", certificate: ("info", 29), sound).troubles == [])
    let report = try report(
      south: "connected", certificate: ("expired", -2),
      certificates: #"""
        {"files": [{"file": "own", "level": "well", "days": 90}, {"file": "authority", "level": "warning", "days": 3},
         {"file": "revocation_list", "level": "expired", "days": -1}], "isRevoked": true,
         "problem": "north.key is not the private key of north.pem"}
        """#, sound)
    #expect(
      report.troubles == [
        "the certificate of node east has expired: switchboard pki renew --name east",
        "the certificate of the authority expires within 4 days: make a new one, see the README",
        "the revocation list on north is due: switchboard pki revoke --refresh",
        "the certificate of node north was revoked: switchboard pki renew --name north",
        "north cannot use the TLS files on its disk: north.key is not the private key of north.pem",
      ])
    #expect(ClusterTable.text(report).contains("+12 ms  over  1.1      http"))
  }
}
