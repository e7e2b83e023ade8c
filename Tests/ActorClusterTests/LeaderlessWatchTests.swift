// A failover is not worth a word; a pair without its other node is.
import ActorCluster
import PeerTransport
import Testing

@Suite struct LeaderlessWatchTests {
  @Test func itIsSaidOnceAndWhenItIsOver() {
    var watch = LeaderlessWatch()
    let words = (0..<20).map { _ in watch.look(3) }
    #expect(words.compactMap(\.self) == [.missing(3)] && words.firstIndex(of: .missing(3)) == 4)
    let over = [watch.look(0), watch.look(0)]
    #expect(over == [.over, nil])
  }

  @Test func aFailoverIsNotSaid() {
    var watch = LeaderlessWatch()
    let words = [3, 3, 1, 0, 2, 2, 0].map { watch.look($0) }
    #expect(words.compactMap(\.self) == [])
  }

  @Test func onlyAPairSpeaksOfRunAlone() {
    let names = ["cloud", "onprem", "west"].map { NodeID(rawValue: $0) }
    let pair = ClusterTopology(name: "test", nodes: Array(names.prefix(2)), partitionCount: 1)
    #expect(pair.withoutLeader.contains("switchboard ctl run-alone"))
    let three = ClusterTopology(name: "test", nodes: names, partitionCount: 1, witnesses: [names[2]])
    #expect(!three.withoutLeader.contains("run-alone"))
  }
}
