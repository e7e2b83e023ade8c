// What strangers and broken peers send. Each attack must cost only its own connection: an honest link
// beside it keeps working.

import CertificateAuthority
import ClusterTestKit
import Foundation
import Logging
import NIOCore
import NIOPosix
import PeerTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10)))
struct HostileInputTests {
  /// Two honest nodes with a link, and the address of the one that is attacked.
  private struct Scene {
    let cluster: TestCluster
    let north: TestNode
    let south: TestNode
    let address: HostPort

    init(_ change: (inout TransportConfiguration) -> Void = { _ in }) async throws {
      cluster = try TestCluster(nodes: ["north", "south", "west"])
      var configuration = cluster.configuration("north")
      change(&configuration)
      north = try TestNode(configuration)
      south = try TestNode(cluster.configuration("south"))
      try await north.transport.start()
      try await south.transport.start()
      try await north.waitForLink(to: "south")
      try await south.waitForLink(to: "north")
      address = try #require(cluster.addresses[node("north")])
    }

    func identity(_ name: String, incarnation: UInt64 = 1) -> PeerIdentity {
      PeerIdentity(cluster: "test", node: node(name), incarnation: incarnation, role: .node)
    }

    /// The honest link lives, and nobody else was ever connected.
    func finish() async throws {
      #expect(south.transport.send(ByteBuffer("still here"), to: node("north")) == .queued)
      try await eventually("the honest frame") { north.recorder.frames.map(\.text) == ["still here"] }
      #expect(north.recorder.story == ["+south#1"] && south.recorder.story == ["+north#1"])
      await north.transport.stop()
      await south.transport.stop()
    }
  }

  @Test func garbageInsteadOfTLSIsClosedAndLogged() async throws {
    let scene = try await Scene()
    var random = SplitMix64(seed: 3)
    for attack in 0..<20 {
      let peer = try await RawPeer(to: scene.address)
      switch attack {
      case 0: peer.send(ByteBuffer("GET / HTTP/1.1\r\nHost: north\r\n\r\n"))
      default: peer.send(ByteBuffer(bytes: (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }))
      }
      try await eventually("attack \(attack) closed") { peer.isClosed }
    }
    try await eventually("logged: \(scene.north.log.all)") {
      scene.north.log.all.contains { $0.contains("peer 127.0.0.1:") && $0.contains("TLS") }
    }
    // Twenty attacks from one address are not twenty lines.
    #expect(scene.north.log.all.count < 5, "\(scene.north.log.all)")
    try await scene.finish()
  }

  @Test func slowAndSilentStrangersAreClosedInTime() async throws {
    let scene = try await Scene { $0.timing.handshakeTimeout = .seconds(1) }
    let start = ContinuousClock.now
    let silent = try await RawPeer(to: scene.address)
    let dripping = try await RawPeer(to: scene.address)
    // TLS is done, but the greeting never ends.
    let halfway = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
    halfway.send(ByteBuffer(bytes: [0, 0, 0, 60, 0x53]))
    // Greeted, but never confirms.
    let unconfirmed = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
    unconfirmed.hello(scene.identity("west"))
    try await eventually("answered") {
      unconfirmed.answers == [.hello(.init(identity: scene.identity("north")))]
    }
    // A TLS client hello, one byte at a time, for at least ten times the timeout and never complete (it says
    // 512 bytes): if a byte won more time, the connection would outlive the dripping.
    let record: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]
    for byte in record + Array(repeating: 7, count: 400) where !dripping.isClosed {
      dripping.send(ByteBuffer(bytes: [byte]))
      try await Task.sleep(for: .milliseconds(25))
    }
    #expect(dripping.isClosed)
    try await eventually("all closed") { silent.isClosed && halfway.isClosed && unconfirmed.isClosed }
    #expect(ContinuousClock.now - start >= .seconds(1))
    #expect(scene.north.log.all.contains { $0.contains("the handshake was not done in time") })
    try await scene.finish()
  }

  @Test func aTruncatedHandshakeLeavesNothingBehind() async throws {
    let scene = try await Scene()
    for length in [0, 3, 10, 31] {
      let peer = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
      let hello = HandshakeMessage.hello(.init(identity: scene.identity("west"))).encoded()
      var frame = ByteBuffer(integer: UInt32(hello.readableBytes))
      frame.writeImmutableBuffer(hello)
      let part = frame.readSlice(length: length)
      peer.send(try #require(part))
      await peer.close()
    }
    try await eventually("nothing left, have \(scene.north.transport.links())") {
      scene.north.transport.links().allSatisfy { $0.peer.rawValue == "south" || $0.direction == .dialed }
    }
    try await scene.finish()
  }

  @Test func aFrameBeforeTheHandshakeIsRefused() async throws {
    let scene = try await Scene()
    let early = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
    early.sendFrame(ByteBuffer("an opaque frame"))
    try await eventually("closed") { early.isClosed }
    #expect(early.rejection?.code == .malformed)
    // Between the hello and the confirmation, too.
    let hasty = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
    hasty.hello(scene.identity("west"))
    hasty.sendFrame(ByteBuffer("an opaque frame"))
    try await eventually("closed") { hasty.isClosed }
    #expect(hasty.rejection?.code == .malformed)
    try await scene.finish()
  }

  @Test func aGreetingLongerThanAnyIsCutBeforeItComes() async throws {
    let scene = try await Scene()
    let peer = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
    peer.send(ByteBuffer(integer: UInt32(8 << 20)))
    try await eventually("closed") { peer.isClosed }
    try await eventually("logged: \(scene.north.log.all)") {
      scene.north.log.all.contains { $0.contains("8388608 bytes, over the limit of 1024") }
    }
    try await scene.finish()
  }

  @Test func anOversizedFrameOfAKnownPeerCostsOnlyItsConnection() async throws {
    let scene = try await Scene { $0.limits.maximumFrameBytes = 1 << 20 }
    let peer = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
    peer.hello(scene.identity("west"))
    peer.ready()
    // Pieces that add up to one byte too many.
    let piece = ByteBuffer(repeating: 1, count: 16 << 10)
    for _ in 0..<64 { peer.sendPiece(.bulk, isLast: false, piece) }
    peer.sendPiece(.bulk, ByteBuffer("x"))
    try await eventually("closed") { peer.isClosed }
    try await eventually("logged: \(scene.north.log.all)") {
      scene.north.log.all.contains { $0.contains("1048577 bytes, over the limit of 1048576") }
    }
    #expect(scene.north.transport.counters.refused[.oversized] == 1)
    try await scene.finish()
  }

  /// What a peer with a good certificate may not send after the handshake: each is cut at once, logged and counted.
  @Test func violationsAfterTheHandshakeAreCutLoggedAndCounted() async throws {
    let scene = try await Scene()
    var ping = ByteBuffer()
    LinkMessage.ping(1).write(to: &ping)
    let attacks: [(name: String, words: String, kind: RefusalKind, send: (RawPeer) -> Void)] = [
      ("a piece too long", "a piece of 16385 bytes", .oversized, { $0.sendPiece(0xa000_4001, ByteBuffer()) }),
      ("reserved bits", "reserved bits (ff000001)", .malformed, { $0.sendPiece(0xff00_0001, ByteBuffer()) }),
      ("empty pieces", "an empty piece", .malformed, { $0.sendPiece(0x8000_0000, ByteBuffer()) }),
      (
        "a message in a wrong lane", "outside of the control lane", .malformed,
        { $0.sendPiece(0xb000_0009, ByteBuffer()) }
      ),
      (
        "an unknown message", "that is none", .malformed,
        { $0.sendPiece(0x3000_0001, ByteBuffer(bytes: [9])) }
      ),
      ("a flood of pings", "pings", .pingFlood, { peer in for _ in 0..<1_000 { peer.send(ping) } }),
    ]
    var counted: [RefusalKind: UInt64] = [:]
    for attack in attacks {
      let peer = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
      peer.hello(scene.identity("west"))
      peer.ready()
      attack.send(peer)
      try await eventually("\(attack.name): closed") { peer.isClosed }
      counted[attack.kind, default: 0] += 1
      try await eventually("\(attack.name): counted") { scene.north.transport.counters.refused == counted }
      // No more answers than the allowance, and few bytes each.
      #expect(peer.received.count < 2_000, "\(attack.name)")
    }
    // One line for each kind and address.
    let lines = scene.north.log.all.filter { $0.contains("cut off west") }
    #expect(lines.count == 3, "\(lines)")
    for words in ["a piece of 16385 bytes", "reserved bits (ff000001)", "pings"] {
      #expect(lines.contains { $0.contains(words) }, "\(words): \(lines)")
    }
    try await scene.finish()
  }

  /// Pieces that never end a frame are held up to the frame limit of their lane, no further.
  @Test func endlessFramesAreCutAtTheirLimit() async throws {
    let scene = try await Scene { $0.limits.maximumFrameBytes = 256 << 10 }
    for (lane, size) in [(Lane.control, 1_000), (.consensus, 16_384), (.calls, 500), (.bulk, 16_384)] {
      let peer = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
      peer.hello(scene.identity("west"))
      peer.ready()
      let piece = ByteBuffer(repeating: 1, count: size)
      for _ in 0..<600 where !peer.isClosed { peer.sendPiece(lane, isLast: false, piece) }
      try await eventually("\(lane): closed") { peer.isClosed }
    }
    try await eventually("counted") { scene.north.transport.counters.refused == [.oversized: 4] }
    #expect(scene.north.log.all.contains { $0.contains("over the limit of 65536") }, "\(scene.north.log.all)")
    try await scene.finish()
  }

  /// A million frames of no bytes, from a client whose frames are welcome: each is delivered (that none is kept: `PieceTests`).
  @Test func aMillionTinyFramesAreDelivered() async throws {
    let cluster = try TestCluster(nodes: ["north"])
    try cluster.addClient("tool")
    let count = MutexBox(0)
    let north = try PeerTransport(
      configuration: cluster.configuration("north"), eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "quiet") { _ in LogCollector(lines: LogCollector.Lines()) },
      onEvent: { if case .frame = $0 { count.value.withLock { $0 += 1 } } })
    try await north.start()
    let address = try #require(cluster.addresses[node("north")])
    let tool = try await RawPeer(to: address, tls: cluster.tls("tool"))
    tool.hello(PeerIdentity(cluster: "test", node: node("tool"), incarnation: 1, role: .client))
    tool.ready()
    var frames = ByteBuffer()
    for _ in 0..<10_000 { frames.writeInteger(UInt32(0xa000_0000)) }
    for sent in 1...100 {
      tool.send(frames)
      try await eventually("\(sent * 10_000) frames") { count.value.withLock { $0 } >= (sent - 1) * 10_000 }
    }
    try await eventually("all frames") { count.value.withLock { $0 } == 1_000_000 }
    #expect(!tool.isClosed && north.counters == TransportCounters())
    await tool.close()
    await north.stop()
  }

  /// A link between nodes is two connections. West calls and greets well, but nobody listens where north dials
  /// it, so there is no link, and what west sends cannot be delivered.
  @Test func aFrameOutsideOfALinkIsNotDelivered() async throws {
    let scene = try await Scene()
    let peer = try await RawPeer(to: scene.address, tls: scene.cluster.tls("west"))
    peer.hello(scene.identity("west"))
    peer.ready()
    peer.sendPiece(.calls, ByteBuffer("too early"))
    try await eventually("closed") { peer.isClosed }
    #expect(peer.answers == [.hello(.init(identity: scene.identity("north")))])
    try await scene.finish()
  }

  @Test func everyLieInAGreetingIsRefusedInWords() async throws {
    let scene = try await Scene()
    try scene.cluster.authority.issue(name: "stranger", role: .node, now: Date()).write(
      to: scene.cluster.directory)
    func lie(
      _ certificate: String, _ identity: PeerIdentity, versions: ClosedRange<UInt16> = 2...2
    ) async throws -> Rejection? {
      let peer = try await RawPeer(to: scene.address, tls: scene.cluster.tls(certificate))
      peer.hello(identity, versions: versions)
      try await eventually("\(identity) refused") { peer.isClosed }
      return peer.rejection
    }
    #expect(try await lie("west", scene.identity("south"))?.code == .certificate)
    #expect(try await lie("stranger", scene.identity("stranger"))?.code == .unknownNode)
    #expect(try await lie("north", scene.identity("north"))?.code == .unknownNode)
    let future = try await lie("west", scene.identity("west"), versions: 7...9)
    #expect(future?.code == .version && future?.words.contains("7 to 9") == true)
    // A node of version 1 reads in its own words which version it lacks.
    let past = try await lie("west", scene.identity("west"), versions: 1...1)
    #expect(past?.words == "north speaks protocol version 2, west speaks version 1: upgrade the older one")
    var elsewhere = scene.identity("west")
    elsewhere.cluster = "other"
    let cluster = try await lie("west", elsewhere)
    #expect(cluster?.code == .cluster && cluster?.words.contains("other") == true)
    var client = scene.identity("west")
    client.role = .client
    #expect(try await lie("west", client)?.code == .certificate)
    try await scene.finish()
  }

  @Test func strangersInWaitingCannotKeepPeersOut() async throws {
    let scene = try await Scene {
      $0.limits.unfinishedHandshakes = 8
      // Longer than any wait here: what closes them must be the limit.
      $0.timing.handshakeTimeout = .seconds(600)
    }
    var strangers: [RawPeer] = []
    for _ in 0..<40 { strangers.append(try await RawPeer(to: scene.address)) }
    try await eventually("only eight wait") { strangers.count(where: { !$0.isClosed }) == 8 }
    let west = try TestNode(scene.cluster.configuration("west"))
    try await west.transport.start()
    try await scene.north.waitForLink(to: "west")
    await west.transport.stop()
    try await eventually("gone") { !scene.north.recorder.isConnected("west") }
    for stranger in strangers { await stranger.close() }
    #expect(scene.south.transport.send(ByteBuffer("still here"), to: node("north")) == .queued)
    try await eventually("the honest frame") { scene.north.recorder.frames.map(\.text) == ["still here"] }
    #expect(scene.north.recorder.incoherence == nil)
    await scene.north.transport.stop()
    await scene.south.transport.stop()
  }

  /// One certificate, and as many incarnations as its holder likes to invent.
  @Test func oneClientDoesNotTakeThePlacesOfOthers() async throws {
    let scene = try await Scene {
      $0.limits.connectionsPerClient = 2
      // These answer no pings: silence must not be what closes them.
      $0.timing.silenceLimit = .seconds(300)
    }
    try scene.cluster.addClient("tool")
    var tools: [RawPeer] = []
    for incarnation in UInt64(1)...3 {
      let tool = try await RawPeer(to: scene.address, tls: scene.cluster.tls("tool"))
      tool.hello(PeerIdentity(cluster: "test", node: node("tool"), incarnation: incarnation, role: .client))
      try await eventually("greeted") { !tool.answers.isEmpty }
      tool.ready()
      try await eventually("connected") {
        scene.north.transport.links().contains {
          $0.peer == node("tool") && $0.incarnation == incarnation && $0.state == .ready
        }
      }
      tools.append(tool)
    }
    try await eventually("the oldest is closed") { tools[0].isClosed }
    #expect(!tools[1].isClosed && !tools[2].isClosed)
    for tool in tools { await tool.close() }
    await scene.north.transport.stop()
    await scene.south.transport.stop()
  }

  @Test func clientsAreLimited() async throws {
    let scene = try await Scene { $0.limits.clients = 2 }
    try scene.cluster.addClient("tool")
    var tools: [TestNode] = []
    for incarnation in UInt64(1)...3 {
      var configuration = scene.cluster.configuration("tool", incarnation: incarnation, role: .client)
      configuration.peers = [node("north"): scene.address]
      let tool = try TestNode(configuration)
      try await tool.transport.start()
      if incarnation < 3 { try await tool.waitForLink(to: "north") }
      tools.append(tool)
    }
    let third = tools[2]
    try await eventually("words: \(third.log.all)") {
      third.log.all.contains { $0.contains("as many clients as it may have") }
    }
    await tools[0].transport.stop()
    try await third.waitForLink(to: "north")
    for tool in tools { await tool.transport.stop() }
    await scene.north.transport.stop()
    await scene.south.transport.stop()
  }
}
