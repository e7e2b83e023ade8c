// Which node takes a leadership from one whose disk cannot keep it.
import ActorCluster
import CBOR
import NIOCore
import NodeStore
import PeerTransport
import Testing

@Suite struct DiskPeersTests {
  private let south = NodeID(rawValue: "south")
  private let west = NodeID(rawValue: "west")

  private func refuges(_ peers: DiskPeers, at now: Int64 = 0, caughtUp: Set<NodeID>? = nil) -> [NodeID?] {
    (0..<4).map { number in
      peers.refuge(for: PartitionID(rawValue: number), at: now) { caughtUp?.contains($0) ?? true }
    }
  }

  @Test func equallyQuickNodesTakeTurns() {
    var peers = DiskPeers()
    peers.received(level: "well", microseconds: 300, from: west, at: 0)
    peers.received(level: "low", microseconds: 900, from: south, at: 0)
    #expect(refuges(peers) == [south, west, south, west])
    #expect(refuges(peers, caughtUp: [west]) == [west, west, west, west])
    #expect(refuges(peers, caughtUp: []) == [nil, nil, nil, nil])
  }

  @Test func theQuickestTakesAllFromAMuchSlowerOne() {
    var peers = DiskPeers()
    peers.received(level: "well", microseconds: 4_000, from: west, at: 0)
    peers.received(level: "well", microseconds: 19_000, from: south, at: 0)
    #expect(refuges(peers) == [west, west, west, west])
  }

  @Test(arguments: ["slow", "reserved", "full"]) func anUnfitNodeTakesNone(level: String) {
    var peers = DiskPeers()
    peers.received(level: level, microseconds: 100, from: south, at: 0)
    #expect(!peers.mayLead(south, at: 0))
    #expect(refuges(peers) == [nil, nil, nil, nil])
    peers.received(level: "well", microseconds: nil, from: south, at: 1)
    #expect(peers.mayLead(south, at: 1))
    #expect(refuges(peers) == [south, south, south, south])
  }

  @Test func whoIsSilentIsNoRefuge() {
    var peers = DiskPeers()
    peers.received(level: "well", microseconds: 100, from: south, at: 0)
    #expect(peers.commitMicroseconds(at: 5_000) == [100])
    #expect(peers.commitMicroseconds(at: 5_001) == [])
    #expect(!peers.mayLead(south, at: 5_001))
    #expect(!peers.mayLead(west, at: 0))
  }

  /// Of an older version, or a much newer one.
  @Test func aNodeThatSaysNothingKnownIsTakenForWell() {
    var peers = DiskPeers()
    peers.received(level: nil, microseconds: nil, from: south, at: 0)
    peers.received(level: "excellent", microseconds: 7, from: west, at: 0)
    #expect(peers.levels(at: 0) == [south: .well, west: .well])
  }

  // MARK: on the wire

  @Test func aPingOfAnOlderVersionStillDecodes() throws {
    let bytes: [UInt8] = [6, 0xA2, 0x00, 0x05, 0x01, 0x61, 0x78]
    guard case .ping = try Frame(decoding: ByteBuffer(bytes: bytes)) else {
      Issue.record("no ping")
      return
    }
  }

  @Test func whatAPingSaysOfTheDiskGoesThrough() throws {
    // {0: 5, 1: "x", 7: 200, 8: "slow"}
    let bytes: [UInt8] = [
      6, 0xA4, 0x00, 0x05, 0x01, 0x61, 0x78, 0x07, 0x18, 0xC8, 0x08, 0x64, 0x73, 0x6C, 0x6F, 0x77,
    ]
    let frame = try Frame(decoding: ByteBuffer(bytes: bytes))
    #expect(Array(try frame.encoded().readableBytesView) == bytes)
  }
}
