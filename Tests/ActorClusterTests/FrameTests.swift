// Frames between nodes: the shared wire form, and bytes that are none of ours.
import ActorCluster
import ClusterTestKit
import NIOCore
import Testing

@Suite struct FrameTests {
  private func decode(_ bytes: [UInt8]) throws -> Frame { try Frame(decoding: ByteBuffer(bytes: bytes)) }

  private func encode(_ frame: Frame) throws -> [UInt8] { Array(try frame.encoded().readableBytesView) }

  @Test func everyKindRoundTripsToTheSameBytes() throws {
    for bytes in try FrameSamples.all() {
      let frame = try decode(bytes)
      #expect(try encode(frame) == bytes, "\(frame)")
    }
  }

  @Test func kindsArePinned() throws {
    let kinds = try FrameSamples.all().map { bytes in
      switch try decode(bytes) {
      case .consensus: "1 consensus"
      case .messages: "4 messages"
      case .acknowledgment: "5 acknowledgment"
      case .ping: "6 ping"
      case .alive: "7 alive"
      case .needReplica: "8 needReplica"
      case .replicaAssigned: "9 replicaAssigned"
      case .replicaDismissed: "10 replicaDismissed"
      }
    }
    for (bytes, kind) in zip(try FrameSamples.all(), kinds) { #expect(kind.hasPrefix("\(bytes[0])")) }
    #expect(Set(kinds).count == 8)
  }

  @Test func wireBytesArePinned() throws {
    let samples = try FrameSamples.all()
    #expect(hexadecimal(samples[2]) == "05a30003010002" + "1bffffffffffffffff")
    #expect(hexadecimal(samples[3]) == "06a2001903e80163616263")
    #expect(hexadecimal(samples[4]) == "07a3000901080281a200020105")
  }

  @Test func emptyAndUnknownFramesAreNamed() {
    #expect(throws: FrameError.self) { try decode([]) }
    for kind: UInt8 in [0, 2, 3, 11, 0x80, 0xFF] {
      #expect(throws: FrameError.self) { try decode([kind, 0xF6]) }
    }
    #expect(FrameError.unknownKind(9).description.contains("9"))
  }

  /// Keys that a newer version adds are skipped (promise P8).
  @Test func fieldsOfANewerVersionAreSkipped() throws {
    let newer: [UInt8] = [5, 0xA4, 0x00, 0x01, 0x01, 0x02, 0x02, 0x03, 0x09, 0x61, 0x78]
    #expect(try encode(decode(newer)) == [5, 0xA3, 0x00, 0x01, 0x01, 0x02, 0x02, 0x03])
  }

  @Test(
    arguments: [
      [1], [2, 0xF6], [3, 0xA0], [4, 0x80], [5, 0xA1, 0x00, 0x01], [6, 0xA1, 0x00, 0x61, 0x31],
      [6, 0xA1, 0x00],
      [6, 0xA1, 0x00, 0x01, 0x00],
      // Arrays, maps and strings that claim more than there is.
      [1, 0x9B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [2, 0xBB, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [4, 0xA3, 0x00, 0x01, 0x01, 0x02, 0x02, 0x9A, 0x7F, 0xFF, 0xFF, 0xFF],
      [3, 0x5B, 0, 0, 0, 1, 0, 0, 0, 0],
    ] as [[UInt8]])
  func brokenFramesAreRefused(bytes: [UInt8]) {
    #expect(throws: (any Error).self) { try decode(bytes) }
  }

  @Test func deepNestingIsRefused() {
    for kind: UInt8 in 1...6 {
      for opening: UInt8 in [0x81, 0xA1, 0xC1, 0x9F] {
        let bytes = [kind] + [UInt8](repeating: opening, count: 200_000)
        #expect(throws: (any Error).self) { try decode(bytes) }
      }
    }
  }

  /// What decodes at all is a frame: it encodes, and decodes to the same.
  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func mutatedFramesNeverCrash(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let samples = try FrameSamples.all()
    for _ in 0..<600 {
      var bytes = random.pick(samples)
      for _ in 0...random.below(4) {
        let position = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes[position] = UInt8(random.below(256))
        case 1: bytes[position] ^= 1 << UInt8(random.below(8))
        case 2: bytes.insert(UInt8(random.below(256)), at: position)
        default: bytes.remove(at: position)
        }
        if bytes.isEmpty { bytes = [UInt8(random.below(8))] }
      }
      if random.chance(oneIn: 5) { bytes.removeLast(random.below(bytes.count)) }
      guard let frame = try? decode(bytes) else { continue }
      let encoded = try encode(frame)
      #expect(try encode(decode(encoded)) == encoded, "seed \(seed): \(hexadecimal(bytes))")
    }
  }

  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func noiseNeverCrashes(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<600 {
      let bytes = [UInt8(1 + random.below(6))] + (0..<random.below(60)).map { _ in UInt8(random.below(256)) }
      _ = try? decode(bytes)
    }
  }
}
