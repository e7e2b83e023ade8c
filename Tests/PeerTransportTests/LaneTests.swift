// Lanes over a real link: order, interleaving, greetings, senders, and how long a heartbeat waits on a full link.

import Logging
import NIOCore
import NIOPosix
import PeerTransport
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct LaneTests {
  /// Two nodes with a link, each on an event loop of its own.
  private func pair(
    greeting: String = "", onEvent: (@Sendable (TransportEvent) -> Void)? = nil
  ) async throws -> (TestCluster, TestNode, TestNode) {
    let cluster = try TestCluster(nodes: ["north", "south"])
    var configuration = cluster.configuration("north")
    configuration.greeting = ByteBuffer(greeting)
    let north = try TestNode(configuration)
    let south = try TestNode(cluster.configuration("south"), onEvent: onEvent)
    try await north.transport.start()
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    try await south.waitForLink(to: "north")
    return (cluster, north, south)
  }

  @Test func eachLaneKeepsItsOrderAndLongFramesComeWhole() async throws {
    let (_, north, south) = try await pair()
    var random = SplitMix64(seed: 21)
    var expected: [Lane: [ByteBuffer]] = [:]
    let sender = try #require(
      north.transport.sender(
        to: PeerIdentity(cluster: "test", node: node("south"), incarnation: 1, role: .node)))
    for number in 0..<600 {
      let lane = Lane.allCases[Int.random(in: 0...3, using: &random)]
      let longest = lane == .control ? 60_000 : 200_000
      let size = Bool.random(using: &random) ? 20 : Int.random(in: 0...longest, using: &random)
      var frame = ByteBuffer(bytes: [lane.rawValue])
      frame.writeInteger(number)
      frame.writeRepeatingByte(UInt8(truncatingIfNeeded: number), count: size)
      var outcome = SendOutcome.overloaded
      while outcome == .overloaded {
        switch number % 3 {
        case 0: outcome = north.transport.send(frame, to: node("south"), lane: lane)
        case 1: outcome = sender.send(lane: lane) { $0.writeImmutableBuffer(frame) }
        default:
          outcome = north.transport.send(to: node("south"), lane: lane) { $0.writeImmutableBuffer(frame) }
        }
        if outcome == .overloaded { try await Task.sleep(for: .milliseconds(1)) }
      }
      #expect(outcome == .queued)
      expected[lane, default: []].append(frame)
    }
    try await eventually("all frames") { south.recorder.frames.count == 600 }
    var found: [Lane: [ByteBuffer]] = [:]
    for frame in south.recorder.frames {
      let lane = try #require(frame.getInteger(at: frame.readerIndex, as: UInt8.self).flatMap(Lane.init))
      found[lane, default: []].append(frame)
    }
    #expect(found == expected)
    #expect(!sender.isClosed)
    await south.transport.stop()
    try await eventually("closed") { sender.isClosed }
    #expect(sender.send(ByteBuffer("late")) == .notConnected)
    await north.transport.stop()
  }

  @Test func greetingsComeWithTheConnection() async throws {
    let (_, north, south) = try await pair(greeting: String(repeating: "g", count: 64 << 10))
    let told = (north.recorder.events + south.recorder.events).compactMap { event -> Int? in
      if case .connected(_, let greeting) = event { greeting.readableBytes } else { nil }
    }
    #expect(told == [0, 64 << 10])
    await north.transport.stop()
    await south.transport.stop()
    let cluster = try TestCluster(nodes: ["north"])
    var long = cluster.configuration("north")
    long.greeting = ByteBuffer(repeating: 0, count: 65_537)
    #expect(
      throws: TransportError.invalidConfiguration("the greeting has 65537 bytes, over the limit of 65536")
    ) {
      try TestNode(long)
    }
  }

  @Test func aPeerThatIsCutHearsItAndMayComeBack() async throws {
    let (cluster, north, south) = try await pair()
    try cluster.addClient("tool")
    let tool = try TestNode(cluster.configuration("tool", role: .client))
    try await tool.transport.start()
    try await tool.waitForLink(to: "north")
    try await north.waitForLink(to: "tool")
    for name in ["south", "tool"] {
      let role = name == "tool" ? PeerRole.client : .node
      let peer = PeerIdentity(cluster: "test", node: node(name), incarnation: 1, role: role)
      north.transport.cut(peer, because: "it sent more than it had credit for")
      try await eventually("cut: \(north.recorder.story)") {
        north.recorder.disconnections(of: name) == [.protocolViolation("it sent more than it had credit for")]
      }
      try await north.waitForLink(to: name)
    }
    // Nobody is there: nothing happens.
    north.transport.cut(
      PeerIdentity(cluster: "test", node: node("south"), incarnation: 8, role: .node), because: "x")
    #expect(north.transport.counters.refused[.cut] == 2)
    #expect(north.log.all.count { $0.contains("more than it had credit for") } == 1, "\(north.log.all)")
    #expect(north.recorder.incoherence == nil)
    for node in [north, south, tool] { await node.transport.stop() }
  }

  /// Bulk and calls fill the link one way, while control frames go to and fro. They must be far from what the queue of
  /// bulk takes, more than a second in a debug build; what they take in a release build is printed.
  @Test func aHeartbeatDoesNotWaitBehindBulkAndCalls() async throws {
    let echo = MutexBox<PeerTransport?>(nil)
    let received = MutexBox(0)
    let cluster = try TestCluster(nodes: ["north", "south"])
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let times = MutexBox<[Duration]>([])
    let sentAt = MutexBox(ContinuousClock.now)
    // No recorder of frames: what is measured is the transport.
    func quiet(_ name: String, _ onEvent: @escaping @Sendable (TransportEvent) -> Void) throws
      -> PeerTransport
    {
      try PeerTransport(
        configuration: cluster.configuration(name), eventLoopGroup: group,
        logger: Logger(label: "quiet") { _ in LogCollector(lines: LogCollector.Lines()) },
        onEvent: onEvent)
    }
    let isUp = MutexBox(0)
    let north = try quiet("north") { event in
      switch event {
      case .connected: isUp.value.withLock { $0 += 1 }
      case .frame:
        let now = ContinuousClock.now
        times.value.withLock { $0.append(now - sentAt.value.withLock { $0 }) }
      default: break
      }
    }
    let south = try quiet("south") { event in
      switch event {
      case .connected: isUp.value.withLock { $0 += 1 }
      case .frame(let peer, let frame):
        if frame.readableBytes == 8 {
          _ = echo.value.withLock { $0 }?.send(frame, to: peer, lane: .control)
        } else {
          received.value.withLock { $0 += frame.readableBytes }
        }
      default: break
      }
    }
    echo.value.withLock { $0 = south }
    try await north.start()
    try await south.start()
    try await eventually("connected") { isUp.value.withLock { $0 } == 2 }
    let peer = PeerIdentity(cluster: "test", node: node("south"), incarnation: 1, role: .node)
    let sender = try #require(north.sender(to: peer))
    let isDone = MutexBox(false)
    let bulk = ByteBuffer(repeating: 1, count: 4 << 20)
    let call = ByteBuffer(repeating: 2, count: 200)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        while !isDone.value.withLock({ $0 }) {
          while sender.bytesQueued(.bulk) < 28 << 20, sender.send(bulk, lane: .bulk) == .queued {}
          while sender.bytesQueued(.calls) < 1 << 20, sender.send(call, lane: .calls) == .queued {}
          try await Task.sleep(for: .milliseconds(1))
        }
      }
      try await Task.sleep(for: .milliseconds(300))
      let start = ContinuousClock.now
      let before = received.value.withLock { $0 }
      for number in 0..<400 {
        sentAt.value.withLock { $0 = .now }
        #expect(sender.send(ByteBuffer(integer: number), lane: .control) == .queued)
        try await eventually("pong \(number)") { times.value.withLock { $0.count } == number + 1 }
        try await Task.sleep(for: .milliseconds(2))
      }
      let seconds = ContinuousClock.now - start
      let bytes = received.value.withLock { $0 } - before
      isDone.value.withLock { $0 = true }
      let sorted = times.value.withLock { $0 }.sorted()
      let rate = Double(bytes) / (seconds / .seconds(1)) / 1_048_576
      print(
        "control ping-pong on a full link: p50 \(sorted[200]), p99 \(sorted[396]), most \(sorted[399]); \(Int(rate)) MiB/s beside it"
      )
      #expect(sorted[200] < .milliseconds(150) && sorted[396] < .milliseconds(500))
      #expect(bytes > 10 << 20, "the link was not full")
      try await tasks.waitForAll()
    }
    await north.stop()
    await south.stop()
    echo.value.withLock { $0 = nil }
    try await group.shutdownGracefully()
  }
}
