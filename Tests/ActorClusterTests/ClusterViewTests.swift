// What a node knows of its cluster before and after it has the state.
import ActorCluster
import NodeStore
import PeerTransport
import Raft
import Testing

struct ClusterViewTests {
  private func names(_ text: String) -> [NodeID] { text.map { NodeID(rawValue: String($0)) } }

  @Test func aFounderGoesByItsFilesUntilItHasTheState() throws {
    var view = ClusterView(
      own: NodeID(rawValue: "b"), founders: names("abc"), configured: names("abd"),
      foundation: "8 partitions on a, b, c")
    #expect(view.naming.original(of: NodeID(rawValue: "c")) == id(3))
    #expect(view.nodes == names("abd") && view.target(of: .system) == nil)
    var bench = try ClusterBench.founded()
    try bench.join("d")
    view.adopt(bench.state)
    #expect(view.nodes == names("abcd") && view.ownNumber == 2 && view.memberCount == 4)
    #expect(view.addresses[NodeID(rawValue: "d")] == HostPort(host: "d", port: 7100))
    #expect(view.expected == names("abcd"))
    try bench.add("e")
    view.adopt(bench.state)
    #expect(
      view.nodes == names("abcde") && view.expected == names("abcd"), "nobody misses who has yet to begin")
  }

  @Test func whoJoinsGoesByWhatOthersTell() throws {
    var view = ClusterView(own: NodeID(rawValue: "d"), founders: [], configured: names("ad"), foundation: nil)
    #expect(view.nodes == names("ad") && view.fingerprint == nil)
    var bench = try ClusterBench.founded()
    try bench.add("d")
    let (first, second) = (view.tell(bench.state.present), view.tell(bench.state.present))
    #expect(first && !second, "the same again is no news")
    #expect(view.nodes == names("abcd"))
    #expect(view.naming.original(of: NodeID(rawValue: "d")) == id(4))
    view.adopt(bench.state)
    #expect(view.fingerprint == "8 partitions on a, b, c")
    let isNews = view.tell([])
    #expect(!isNews, "the state says more")
  }

  @Test func whoLeftIsTalkedToForAWhile() throws {
    var bench = try ClusterBench.founded(["a", "b", "c", "d"])
    var view = ClusterView(
      own: NodeID(rawValue: "a"), founders: names("abcd"), configured: names("abcd"), foundation: nil)
    view.adopt(bench.state)
    try bench.run("remove", NodeRemoval(name: "d"))
    try bench.run("finish", UInt64(4))
    view.adopt(bench.state)
    #expect(view.nodes == names("abcd") && view.target(of: .system)?.learners == [4])
    #expect(view.naming.words(id(4)) == "d" && view.memberCount == 3)
    view.staying = []
    #expect(view.nodes == names("abc") && view.target(of: .system)?.learners == [])
    // A node that starts now has not seen it leave.
    var late = ClusterView(
      own: NodeID(rawValue: "b"), founders: names("abcd"), configured: [], foundation: nil)
    late.adopt(bench.state)
    #expect(late.nodes == names("abc"))
  }

  @Test func droppedIDsAreKeptApart() {
    let dropped = ReplicaNaming.dropped(id(4, 7))
    #expect(ReplicaNaming.isDropped(dropped) && !ReplicaNaming.isDropped(id(4, 7)))
    #expect(ReplicaNaming.last(of: dropped) == id(4, 7))
    let floor = ReplicaNaming.floor(of: id(4, 99), revision: 12)
    #expect(ReplicaNaming.original(of: floor) == id(4) && ReplicaNaming.generation(of: floor) == 12 * 1_024)
    // A hundred replacements later it is still below what the next revision gives.
    let later = ReplicaNaming.next(for: id(4), after: [id(4, 12 * 1_024 + 100)])
    #expect(later < ReplicaNaming.floor(of: id(4), revision: 13))
  }
}
