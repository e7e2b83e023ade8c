// Links between transports in one process, over loopback with real certificates: the good paths and the
// restarts.

import CertificateAuthority
import Foundation
import NIOCore
import NIOPosix
import PeerTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(2)))
struct LinkTests {
  @Test func tenThousandFramesArriveInOrderBothWays() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    let north = try TestNode(cluster.configuration("north"))
    let south = try TestNode(cluster.configuration("south"))
    try await north.transport.start()
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    try await south.waitForLink(to: "north")
    for number in 0..<10_000 {
      #expect(north.transport.send(ByteBuffer(integer: number), to: node("south")) == .queued)
      #expect(south.transport.send(ByteBuffer(integer: -number), to: node("north")) == .queued)
    }
    try await eventually("all frames") {
      south.recorder.frames.count == 10_000 && north.recorder.frames.count == 10_000
    }
    #expect(south.recorder.frames.map { $0.getInteger(at: 0, as: Int.self) } == Array(0..<10_000))
    #expect(north.recorder.frames.map { $0.getInteger(at: 0, as: Int.self) } == (0..<10_000).map { -$0 })
    #expect(north.recorder.incoherence == nil && south.recorder.incoherence == nil)
    let links = north.transport.links()
    #expect(links.map(\.direction) == [.dialed, .accepted] && links.allSatisfy { $0.state == .ready })
    #expect(links[0].framesSent == 10_000 && links[1].framesReceived == 10_000)
    // Pings are sent, too, but they are no frames.
    #expect(links[0].bytesSent >= 120_000 && links[0].bytesQueued == 0 && links[1].bytesReceived == 120_000)
    #expect(
      links.allSatisfy {
        $0.version == 2 && $0.incarnation == 1 && $0.address?.hasPrefix("127.0.0.1:") == true
      })
    try await eventually("round trips of both connections") {
      north.transport.links().allSatisfy { $0.roundTrip != nil && $0.minimumRoundTrip != nil }
    }
    await north.transport.stop()
    await south.transport.stop()
  }

  @Test func framesOfEverySizeArriveWhole() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    let north = try TestNode(cluster.configuration("north"))
    let south = try TestNode(cluster.configuration("south"))
    try await north.transport.start()
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    var random = SplitMix64(seed: 7)
    var sizes: [Int] = [0, 1, 2, 3, 5 << 20, 16 << 20, 0]
    for edge in [16 << 10, 64 << 10, 256 << 10] { sizes += [edge - 5, edge - 4, edge - 1, edge, edge + 1] }
    sizes.shuffle(using: &random)
    let frames = sizes.map { size in
      ByteBuffer(repeating: UInt8(truncatingIfNeeded: size &* 31), count: size)
    }
    for frame in frames { #expect(north.transport.send(frame, to: node("south")) == .queued) }
    try await eventually("all sizes") { south.recorder.frames.count == frames.count }
    #expect(south.recorder.frames == frames)
    #expect(
      north.transport.send(ByteBuffer(repeating: 0, count: 16 << 20 + 1), to: node("south")) == .frameTooLarge
    )
    await north.transport.stop()
    await south.transport.stop()
  }

  @Test func threeNodesConnectToEachOtherAndAnswerFromTheCallback() async throws {
    let names = ["east", "north", "west"]
    let cluster = try TestCluster(nodes: names)
    // Each node answers the first frame of each peer from inside the callback: it must never find itself
    // not connected.
    let outcomes = Mutex<[SendOutcome]>([])
    let boxes = names.map { _ in MutexBox<PeerTransport?>(nil) }
    var nodes: [TestNode] = []
    for (index, name) in names.enumerated() {
      let box = boxes[index]
      let node = try TestNode(cluster.configuration(name)) { event in
        guard let transport = box.value.withLock({ $0 }) else { return }
        switch event {
        case .connected(let peer, greeting: _):
          let outcome = transport.send(ByteBuffer("question"), to: peer)
          outcomes.withLock { $0.append(outcome) }
        case .frame(let peer, let frame) where frame.text == "question":
          let outcome = transport.send(ByteBuffer("answer"), to: peer.node)
          outcomes.withLock { $0.append(outcome) }
        default: break
        }
      }
      box.value.withLock { $0 = node.transport }
      nodes.append(node)
    }
    for node in nodes { try await node.transport.start() }
    for node in nodes {
      try await eventually("two questions and two answers, have \(node.recorder.story)") {
        node.recorder.frames.map(\.text).sorted() == ["answer", "answer", "question", "question"]
      }
      #expect(node.recorder.incoherence == nil)
    }
    #expect(outcomes.withLock { $0 } == Array(repeating: .queued, count: 12))
    for (node, box) in zip(nodes, boxes) {
      await node.transport.stop()
      box.value.withLock { $0 = nil }
    }
  }

  @Test func aStoppedPeerIsReportedOnceThenRefusedThenComesBackHigher() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    var patient = cluster.configuration("north")
    // With such a backoff, only attempts that do not wait for it can pass this test.
    patient.timing.minimumBackoff = .seconds(50)
    patient.timing.maximumBackoff = .seconds(50)
    let north = try TestNode(patient)
    let south = try TestNode(cluster.configuration("south", incarnation: 1))
    try await north.transport.start()
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    try await south.waitForLink(to: "north")
    await south.transport.stop()
    #expect(south.recorder.story == ["+north#1", "-north#1"])
    #expect(south.recorder.disconnections(of: "north") == [.stopped])
    try await eventually("refused") { north.recorder.story.last == "!south" }
    // More attempts are refused, too, but the refusal is not repeated.
    for _ in 0..<5 {
      north.transport.redial(node("south"))
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(north.recorder.story == ["+south#1", "-south#1", "!south"])
    #expect(north.transport.send(ByteBuffer("lost"), to: node("south")) == .notConnected)

    let again = try TestNode(cluster.configuration("south", incarnation: 2))
    try await Ports.waitUntilFree(#require(cluster.addresses[node("south")]?.port))
    try await again.transport.start()
    try await north.waitForLink(to: "south")
    try await again.waitForLink(to: "north")
    #expect(north.recorder.story == ["+south#1", "-south#1", "!south", "+south#2"])
    #expect(north.transport.send(ByteBuffer("hello again"), to: node("south")) == .queued)
    try await eventually("frame") { again.recorder.frames.map(\.text) == ["hello again"] }
    let old = PeerIdentity(cluster: "test", node: node("south"), incarnation: 1, role: .node)
    #expect(north.transport.send(ByteBuffer("to the dead"), to: old) == .notConnected)
    await north.transport.stop()
    await again.transport.stop()
    #expect(north.transport.links() == [] && north.transport.listeningPort == nil)
    #expect(again.recorder.incoherence == nil && north.recorder.incoherence == nil)
  }

  @Test func aLowerIncarnationIsRefusedWithWordsOnBothSides() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    let north = try TestNode(cluster.configuration("north"))
    let first = try TestNode(cluster.configuration("south", incarnation: 5))
    try await north.transport.start()
    try await first.transport.start()
    try await north.waitForLink(to: "south")
    await first.transport.stop()
    let stale = try TestNode(cluster.configuration("south", incarnation: 4))
    try await Ports.waitUntilFree(#require(cluster.addresses[node("south")]?.port))
    try await stale.transport.start()
    try await eventually("words in both logs: \(stale.log.all) \(north.log.all)") {
      stale.log.all.contains { $0.contains("incarnation 4") && $0.contains("has seen 5") }
        && north.log.all.contains { $0.contains("incarnation 4") && $0.contains("has seen 5") }
    }
    try await Task.sleep(for: .milliseconds(300))
    #expect(!north.recorder.isConnected("south"))
    #expect(!stale.recorder.story.isEmpty && stale.recorder.story.allSatisfy { $0 == "<north" })
    // Each side logs each direction once, however often it is tried.
    #expect(stale.log.all.count(where: { $0.contains("has seen 5") }) <= 2)
    await north.transport.stop()
    await stale.transport.stop()
  }

  @Test func clientsTalkBothWaysOverTheirOwnConnection() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    try cluster.addClient("bench")
    let box = MutexBox<PeerTransport?>(nil)
    let north = try TestNode(cluster.configuration("north")) { event in
      guard case .frame(let peer, let frame) = event, peer.role == .client else { return }
      _ = box.value.withLock { $0 }?.send(ByteBuffer("re: " + frame.text), to: peer)
    }
    box.value.withLock { $0 = north.transport }
    try await north.transport.start()
    // Two runs of one tool with one certificate: both stay, each gets its own answers.
    var one = cluster.configuration("bench", incarnation: 10, role: .client)
    one.peers[node("south")] = nil
    var two = cluster.configuration("bench", incarnation: 9, role: .client)
    two.peers[node("south")] = nil
    let first = try TestNode(one)
    let second = try TestNode(two)
    try await first.transport.start()
    try await second.transport.start()
    try await first.waitForLink(to: "north")
    try await second.waitForLink(to: "north")
    #expect(first.transport.send(ByteBuffer("a"), to: node("north")) == .queued)
    #expect(second.transport.send(ByteBuffer("b"), to: node("north")) == .queued)
    try await eventually("answers") {
      first.recorder.frames.map(\.text) == ["re: a"] && second.recorder.frames.map(\.text) == ["re: b"]
    }
    await first.transport.stop()
    try await eventually("gone") { north.recorder.story.contains("-bench#10 (client)") }
    #expect(!north.recorder.story.contains("-bench#9 (client)"))
    await second.transport.stop()
    await north.transport.stop()
    #expect(north.recorder.incoherence == nil && first.recorder.incoherence == nil)
    box.value.withLock { $0 = nil }
  }

  @Test func redialDoesNotWaitForTheBackoff() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    var configuration = cluster.configuration("north")
    configuration.timing.minimumBackoff = .seconds(20)
    configuration.timing.maximumBackoff = .seconds(20)
    let north = try TestNode(configuration)
    try await north.transport.start()
    try await eventually("waiting") {
      if case .waiting(.some) = north.transport.links().first?.state { true } else { false }
    }
    // A client does not dial back, so only a redial can bring this link up.
    try cluster.addClient("tool")
    var lonely = cluster.configuration("tool", role: .client)
    lonely.peers = [node("south"): try #require(cluster.addresses[node("south")])]
    lonely.timing = configuration.timing
    let tool = try TestNode(lonely)
    try await tool.transport.start()
    try await eventually("waiting") {
      if case .waiting(.some) = tool.transport.links().first?.state { true } else { false }
    }
    let south = try TestNode(cluster.configuration("south"))
    try await south.transport.start()
    try await Task.sleep(for: .milliseconds(100))
    #expect(!tool.recorder.isConnected("south"))
    tool.transport.redial(node("south"))
    try await tool.waitForLink(to: "south")
    // And a node that waits is woken by its peer's call.
    try await north.waitForLink(to: "south")
    for node in [north, tool, south] { await node.transport.stop() }
  }

  @Test func aPortInUseIsSaidSo() async throws {
    let cluster = try TestCluster(nodes: ["north"])
    let first = try TestNode(cluster.configuration("north"))
    let second = try TestNode(cluster.configuration("north"))
    try await first.transport.start()
    let address = try #require(cluster.addresses[node("north")])
    await #expect(throws: TransportError.addressInUse(address)) { try await second.transport.start() }
    await #expect(throws: TransportError.alreadyStarted) { try await first.transport.start() }
    await first.transport.stop()
    await second.transport.stop()
  }

  @Test func certificatesAreReloadedForNewConnections() async throws {
    let cluster = try TestCluster(nodes: ["north", "south"])
    let north = try TestNode(cluster.configuration("north"))
    try await north.transport.start()
    try FileManager.default.removeItem(atPath: cluster.directory + "/north.key")
    #expect(throws: TransportError.self) { try north.transport.reloadCertificates() }
    try FileManager.default.removeItem(atPath: cluster.directory + "/north.pem")
    try cluster.authority.issue(name: "north", role: .node, now: Date()).write(to: cluster.directory)
    try north.transport.reloadCertificates()
    let south = try TestNode(cluster.configuration("south"))
    try await south.transport.start()
    try await north.waitForLink(to: "south")
    await north.transport.stop()
    await south.transport.stop()
  }
}

/// A mutex that several closures can hold.
final class MutexBox<Value: Sendable>: Sendable {
  let value: Mutex<Value>
  init(_ value: Value) { self.value = Mutex(value) }
}
