// Names, addresses, and how often a log line is due.

import Foundation
import PeerTransport
import Testing

struct NameTests {
  @Test func nodeNamesAreOneLabel() throws {
    for good in ["a", "north", "n-1", "0", String(repeating: "x", count: 63)] {
      #expect(NodeID(validating: good)?.rawValue == good)
    }
    for bad in ["", "North", "-a", "a-", "a.b", "a_b", "é", "a b", String(repeating: "x", count: 64)] {
      #expect(NodeID(validating: bad) == nil, "\(bad)")
    }
    #expect(
      try JSONDecoder().decode([NodeID].self, from: Data("[\"b\",\"a\"]".utf8)).sorted() == [
        node("a"), node("b"),
      ])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([NodeID].self, from: Data("[\"A\"]".utf8))
    }
    #expect(try String(decoding: JSONEncoder().encode([node("a")]), as: UTF8.self) == "[\"a\"]")
  }

  @Test func addressesAreParsedStrictly() {
    #expect(HostPort(parsing: "north.example:7400") == HostPort(host: "north.example", port: 7400))
    #expect(HostPort(parsing: "127.0.0.1:0") == HostPort(host: "127.0.0.1", port: 0))
    #expect(HostPort(parsing: "[::1]:65535") == HostPort(host: "::1", port: 65535))
    #expect(HostPort(parsing: "[::1]:65535")?.description == "[::1]:65535")
    for bad in [
      "", "north", ":1", "north:", "north:65536", "north:-1", "north:+1", "::1:80", "[north]:1", "a b:1",
      "north:1x", "[]:1",
    ] {
      #expect(HostPort(parsing: bad) == nil, "\(bad)")
    }
  }

  @Test func aSubjectIsLoggedOnceAMinuteAndStrangersShare() {
    var log = RefusalLog()
    #expect(log.due("a", now: .zero) == 0)
    #expect(log.due("a", now: .seconds(1)) == nil && log.due("a", now: .seconds(59)) == nil)
    #expect(log.due("b", now: .seconds(59)) == 0)
    #expect(log.due("a", now: .seconds(60)) == 2)
    #expect(log.due("a", now: .seconds(61)) == nil)
    var flood = RefusalLog()
    let lines = (0..<10_000).count { flood.due("stranger \($0)", now: .seconds(1)) != nil }
    #expect(lines == RefusalLog.capacity + 1)
    #expect(flood.due("after the flood", now: .seconds(62)) == 0)
  }
}
