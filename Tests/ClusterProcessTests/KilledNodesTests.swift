// Three real processes, real sockets, real disks, real SIGKILL.
import ActorCluster
import Testing

@Suite(.serialized) struct KilledNodesTests {
  @Test(.timeLimit(.minutes(5)))
  func everyAcknowledgedIncrementIsThereOnce() async throws {
    let cluster = try ProcessCluster()
    defer { cluster.remove() }
    try cluster.startAll()
    let system = try await cluster.client()
    // Several callers for each counter, which go on while each node is killed and started again.
    let callers = CountingCallers(system, counters: 8)
    callers.start(16)
    try await callers.waitForMore(200)
    for node in cluster.nodes {
      cluster.kill(node)
      try await callers.waitForMore(200)
      try cluster.start(node)
      try await callers.waitForMore(200)
    }
    try await callers.stop()
    try await callers.check()
    await system.stop()
  }

  /// A client with a long pause between attempts to dial, connected to one node of three: the others have started again,
  /// and lead partitions. Each call must get through all the same.
  @Test(.timeLimit(.minutes(5)))
  func aNamedLeaderIsDialedAtOnce() async throws {
    let cluster = try ProcessCluster()
    defer { cluster.remove() }
    try cluster.startAll()
    // Enough counters for every partition and so for every leader.
    let usual = try await cluster.client()
    let usualCallers = CountingCallers(usual, counters: 64)
    try await usualCallers.addToEach()
    let slow = try await cluster.client(incarnation: 2, backoff: .seconds(120))
    let slowCallers = CountingCallers(slow, counters: 64)
    try await slowCallers.addToEach()
    for node in cluster.nodes.prefix(2) {
      cluster.kill(node)
      try cluster.start(node)
      try await usualCallers.addToEach()
    }
    // Without a redial it takes at least a minute until the client sees one of the two again.
    try await slowCallers.addToEach(within: .seconds(20))
    await usual.stop()
    await slow.stop()
  }
}
