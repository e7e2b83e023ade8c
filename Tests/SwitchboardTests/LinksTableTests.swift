// The table of `switchboard ctl links`: golden.
import Foundation
import Switchboard
import Testing

@Suite struct LinksTableTests {
  private func report(_ links: String, refused: String = "{}", calls: String = "null") throws -> LinksReport {
    let json =
      #"{"node": "north", "addedLater": 1, "links": [\#(links)], "refused": \#(refused), "calls": \#(calls)}"#
    return try JSONDecoder().decode(LinksReport.self, from: Data(json.utf8))
  }

  private let ready = """
    {"peer": "south", "role": "node", "direction": "dialed", "state": "ready", "address": "10.0.0.2:7101", "version": 2,
     "incarnation": 3, "roundTripUs": 1042, "queued": {"control": 0, "consensus": 2000, "calls": 48, "bulk": 0},
     "bytesSent": 5767168, "bytesReceived": 0, "framesSent": 9, "framesReceived": 0, "addedLater": {}}
    """

  @Test func eachConnectionIsALine() throws {
    let report = try report(
      ready + """
        , {"peer": "west", "role": "node", "direction": "dialed", "state": "waiting", "problem": "nobody listens there",
         "queued": {}, "bytesSent": 0, "bytesReceived": 0, "framesSent": 0, "framesReceived": 0}
        """, refused: #"{"tls": 4, "ping_flood": 1}"#)
    #expect(!report.isReady)
    #expect(
      LinksTable.text(report) == """
        links of north

        PEER   ROLE  DIRECTION  STATE    ROUND TRIP     SENT  RECEIVED   QUEUED  VERSION  ADDRESS
        south  node  dialed     ready      1.042 ms  5.5 MiB       0 B  2.0 KiB        2  10.0.0.2:7101
        west   node  dialed     waiting           -      0 B       0 B      0 B        -  -

        not ready:
          west: nobody listens there

        refused or cut since the start:
          ping_flood: 1
          tls: 4
        """)
  }

  @Test func creditAndDeadLettersAreShown() throws {
    let calls = """
      {"credit": [{"peer": "south", "underWay": 2048, "window": 16777216, "fromPeer": 0, "addedLater": 1}],
       "deadLetters": {"late-answer": 3}}
      """
    #expect(
      LinksTable.text(try report("", calls: calls)) == """
        links of north

        none

        CALLS WITH  CREDIT USED        OF  FROM IT
        south           2.0 KiB  16.0 MiB      0 B

        reached nobody since the start:
          late-answer: 3
        """)
  }

  @Test func aNodeAloneHasNone() throws {
    #expect(try report(ready).isReady)
    #expect(LinksTable.text(try report("")) == "links of north\n\nnone")
  }
}
