// A live node whose peer port is attacked, without a certificate and with valid ones of the wrong role.
import ActorCluster
import CertificateAuthority
import ClusterTestKit
import Foundation
import NIOCore
import PeerTransport
import Testing

@Suite struct HostilePeersTests {
  /// What the attackers know: where the node listens, and certificates of its cluster that are no node's.
  private struct Target: Sendable {
    let address: HostPort
    let pki: String
    let cluster: String

    func tls(_ name: String) -> TransportTLS {
      TransportTLS(
        certificatePath: "\(pki)/\(name).pem", keyPath: "\(pki)/\(name).key", authorityPath: "\(pki)/ca.pem")
    }

    func stranger(_ incarnation: UInt64) -> PeerIdentity {
      PeerIdentity(
        cluster: cluster, node: NodeID(rawValue: "stranger"), incarnation: incarnation, role: .client)
    }

    /// A connection whose handshake is done, of a client with a valid certificate.
    func greeted(_ incarnation: UInt64) async throws -> RawPeer {
      let peer = try await RawPeer(to: address, tls: tls("stranger"))
      peer.hello(stranger(incarnation))
      for _ in 0..<500 where peer.answers.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      peer.sendFrame(HandshakeMessage.ready(greeting: greeting).encoded())
      return peer
    }

    /// Nothing can be called here; there is room for anything.
    private var greeting: ByteBuffer { CallGreeting(window: 1 << 30, methods: []).encoded() }
  }

  /// Calls go on, no node ends or leaves, and the node attacked grows by less than 64 MiB.
  @Test(.timeLimit(.minutes(5)))
  func aNodeUnderAttackServesAndKeepsItsMemory() async throws {
    try await ProcessCluster.run { cluster, callers in
      let north = NodeID(rawValue: "north")
      try await cluster.waitUntil("all lead", within: .seconds(60)) { $0.allLead }
      let authority = try CertificateAuthority.load(directory: cluster.local.directory + "/pki")
      for (name, role) in [("stranger", CertificateRole.client), ("gateway", .api)] {
        try authority.issue(name: name, role: role, validFor: .seconds(86_400), now: Date())
          .write(to: cluster.local.directory + "/pki")
      }
      let target = Target(
        address: HostPort(host: "127.0.0.1", port: try #require(cluster.local.ports["north"])),
        pki: cluster.local.directory + "/pki", cluster: cluster.local.name)
      try await callers.addToEach(rounds: 20)
      let before = try #require(cluster.memory(of: north))
      let lines = cluster.log(of: north).split(separator: "\n").count
      try await withThrowingTaskGroup { group in
        for attack in Self.attacks { group.addTask { try await attack(target) } }
        try await group.waitForAll()
      }
      // After all of it, as during it.
      try await callers.addToEach(rounds: 5)
      let after = try #require(cluster.memory(of: north))
      #expect(after - before < 64 << 20, "\(before >> 20) MiB before, \(after >> 20) MiB after")
      #expect(cluster.isRunning(north))
      let log = cluster.log(of: north).split(separator: "\n").dropFirst(lines)
      // Thousands of connections, a line a minute for each kind and address.
      #expect(!log.isEmpty)
      #expect(log.count < 60, "\(log.joined(separator: "\n"))")
      print("attacked node: \(before >> 20) MiB before, \(after >> 20) MiB after; \(log.count) lines of log")
    }
  }

  private static let attacks: [@Sendable (Target) async throws -> Void] = [
    strangers, slowStrangers, wrongRoles, malformedPieces, smallFrames, largeFrames, calls, replay,
  ]

  private static func strangers(_ target: Target) async throws {
    for round in 0..<100 {
      let peer = try await RawPeer(to: target.address)
      peer.send(ByteBuffer(repeating: UInt8(truncatingIfNeeded: round), count: 10_000))
      await peer.close()
    }
  }

  /// More than may be unfinished at once; most are crowded out.
  private static func slowStrangers(_ target: Target) async throws {
    var peers: [RawPeer] = []
    for _ in 0..<200 { peers.append(try await RawPeer(to: target.address)) }
    for byte in [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC] as [UInt8] {
      for peer in peers { peer.send(ByteBuffer(bytes: [byte])) }
      try await Task.sleep(for: .milliseconds(50))
    }
    for peer in peers { await peer.close() }
  }

  /// A gateway's certificate; a client that says it is a node.
  private static func wrongRoles(_ target: Target) async throws {
    for round in 1...30 as ClosedRange<UInt64> {
      let gateway = try await RawPeer(to: target.address, tls: target.tls("gateway"))
      gateway.hello(target.stranger(round))
      var node = target.stranger(round)
      (node.node, node.role) = (NodeID(rawValue: "south"), .node)
      let liar = try await RawPeer(to: target.address, tls: target.tls("stranger"))
      liar.hello(node)
      for _ in 0..<500 where !(gateway.isClosed && liar.isClosed) {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(gateway.isClosed && liar.isClosed)
    }
  }

  /// Lanes that clients have not, reserved bits, lengths over every limit, and pieces that never end.
  private static func malformedPieces(_ target: Target) async throws {
    for round in 0..<40 as Range<UInt64> {
      let peer = try await target.greeted(1_000 + round)
      switch round % 4 {
      case 0: peer.sendPiece(.bulk, ByteBuffer(repeating: 0, count: 1_000))
      case 1: peer.sendPiece(0x0F00_0004, ByteBuffer(repeating: 0, count: 4))
      case 2: peer.sendPiece(0x60FF_FFFF, ByteBuffer(repeating: 0, count: 100_000))
      default:
        for _ in 0..<2_000 where !peer.isClosed {
          peer.sendPiece(.calls, isLast: false, ByteBuffer(repeating: 1, count: 16_000))
          try await Task.sleep(for: .microseconds(100))
        }
      }
      for _ in 0..<1_000 where !peer.isClosed { try await Task.sleep(for: .milliseconds(10)) }
      #expect(peer.isClosed, "round \(round)")
    }
  }

  /// A million frames that only nodes may send, or that are none; the first of each connection cuts it.
  private static func smallFrames(_ target: Target) async throws {
    for round in 0..<20 as Range<UInt64> {
      let peer = try await target.greeted(2_000 + round)
      var frames = ByteBuffer()
      for _ in 0..<50_000 {
        frames.writeInteger(PieceHeader(lane: .calls, isLast: true, length: 1).bits)
        frames.writeInteger(UInt8(truncatingIfNeeded: round))
      }
      peer.send(frames)
      for _ in 0..<1_000 where !peer.isClosed { try await Task.sleep(for: .milliseconds(10)) }
      #expect(peer.isClosed)
    }
  }

  /// Frames as large as they may be, that are never finished, on as many connections as one name may have.
  private static func largeFrames(_ target: Target) async throws {
    for round in 0..<3 as Range<UInt64> {
      let peer = try await target.greeted(3_000 + round)
      for _ in 0..<200 {
        peer.sendPiece(.calls, isLast: false, ByteBuffer(repeating: 1, count: 16_000))
      }
      try await Task.sleep(for: .milliseconds(200))
      await peer.close()
    }
  }

  /// Calls of methods that are not there, and more calls than there is credit for.
  private static func calls(_ target: Target) async throws {
    for round in 0..<10 as Range<UInt64> {
      let peer = try await target.greeted(4_000 + round)
      var frame = ByteBuffer()
      frame.writeCall(
        round, method: 60_000, timeLeft: 1_000, isOneWay: false, target: .nodeBound(1), trace: nil,
        argument: [0xF6])
      peer.sendPiece(.calls, frame)
      for _ in 0..<1_000 where !peer.isClosed { try await Task.sleep(for: .milliseconds(10)) }
      #expect(peer.isClosed)
    }
    let greedy = try await target.greeted(5_000)
    let command = CommandID(session: SessionID(high: 1, low: 2), sequence: 1)
    for call in 0..<400 as Range<UInt64> where !greedy.isClosed {
      var frame = ByteBuffer()
      frame.writeCall(
        call, method: 0, timeLeft: 60_000, isOneWay: false,
        target: .durable(id: "x\(call)", command: command, firstOutstanding: 0), trace: nil,
        argument: Array(repeating: 0, count: 15_000))
      greedy.sendPiece(.calls, frame)
    }
    try await Task.sleep(for: .milliseconds(500))
    await greedy.close()
  }

  /// What an earlier handshake said, once more: no piece that ends, so the connection falls silent.
  private static func replay(_ target: Target) async throws {
    for _ in 0..<3 {
      let peer = try await target.greeted(6_000)
      peer.hello(target.stranger(6_000))
      for _ in 0..<2_000 where !peer.isClosed { try await Task.sleep(for: .milliseconds(10)) }
      #expect(peer.isClosed)
    }
  }
}

extension ProcessCluster {
  /// Resident memory of a node's process, in bytes.
  fileprivate func memory(of node: NodeID) -> Int? {
    guard let process = processIdentifier(of: node),
      let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
    else { return nil }
    return line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first.map { $0 * 1_024 }
  }
}
