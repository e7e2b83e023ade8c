// A peer that does not read: the sender says so, holds no more than it may, and loses nothing that it took.

import Dispatch
import NIOCore
import NIOPosix
import PeerTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2)))
struct BackpressureTests {
  @Test func aPeerThatDoesNotReadMeansOverloadedAndNothingIsLost() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    var configuration = cluster.configuration("north")
    configuration.limits.maximumFrameBytes = 1 << 20
    configuration.limits.outboundBytes.calls = 2 << 20
    // A busy machine fills the queue slowly, and the peer does not even answer pings meanwhile.
    configuration.timing.silenceLimit = .seconds(100)
    configuration.timing.unacknowledgedTimeout = .seconds(100)
    // The other node's event loop stands still from its first frame until the gate opens.
    let gate = DispatchSemaphore(value: 0)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let isFirst = MutexBox(true)
    let north = try TestNode(configuration)
    let south = try TestNode(cluster.configuration("south"), on: group) { event in
      guard case .frame = event else { return }
      let first = isFirst.value.withLock { value in
        defer { value = false }
        return value
      }
      if first { gate.wait() }
    }
    try await north.transport.start()
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    var random = SplitMix64(seed: 11)
    var queued: [Int] = []
    var refused = 0
    while refused < 1000 {
      let size = Int.random(in: 8...40_000, using: &random)
      var frame = ByteBuffer(integer: queued.count)
      frame.writeRepeatingByte(UInt8(truncatingIfNeeded: queued.count), count: size)
      switch north.transport.send(frame, to: node("south")) {
      case .queued:
        queued.append(size)
        refused = 0
      case .overloaded:
        refused += 1
        if refused % 100 == 0 { try await Task.sleep(for: .milliseconds(5)) }
      case let other:
        Issue.record("\(other)")
        return
      }
      #expect(queued.count < 100_000, "never overloaded")
      let held = north.transport.links().first?.queued.calls ?? 0
      #expect(held <= 2 << 20)
    }
    gate.signal()
    try await eventually("all \(queued.count) queued frames, have \(south.recorder.frames.count)") {
      south.recorder.frames.count == queued.count
    }
    for (number, frame) in south.recorder.frames.enumerated() {
      #expect(frame.getInteger(at: 0, as: Int.self) == number && frame.readableBytes == 8 + queued[number])
    }
    try await eventually("drained") { north.transport.links().first?.bytesQueued == 0 }
    #expect(north.transport.send(ByteBuffer("again"), to: node("south")) == .queued)
    #expect(north.recorder.story == ["+south#1"])
    await north.transport.stop()
    await south.transport.stop()
    try await group.shutdownGracefully()
  }

  /// Frames of each of several threads keep their order, though all go to one peer.
  @Test func threadsSendSideBySideAndEachKeepsItsOrder() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    let north = try TestNode(cluster.configuration("north"))
    let south = try TestNode(cluster.configuration("south"))
    try await north.transport.start()
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    let transport = north.transport
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<4 {
        group.addTask {
          for number in 0..<2_500 {
            var frame = ByteBuffer(integer: UInt32(thread))
            frame.writeInteger(UInt32(number))
            #expect(transport.send(frame, to: node("south")) == .queued)
          }
        }
      }
    }
    try await eventually("all") { south.recorder.frames.count == 10_000 }
    for thread in UInt32(0)..<4 {
      let numbers = south.recorder.frames.filter { $0.getInteger(at: 0, as: UInt32.self) == thread }
        .map { $0.getInteger(at: 4, as: UInt32.self) }
      #expect(numbers == (0..<2_500).map { $0 })
    }
    await north.transport.stop()
    await south.transport.stop()
  }
}
