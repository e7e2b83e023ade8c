// The bytes of every kind of message and of what is on disks: keys and kinds never change.

import CBOR
import Raft
import Testing

@Suite struct GoldenCodingTests {
  static func hex(_ value: some Encodable) throws -> String {
    try CBOREncoder().encode(value).map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }

  static let messages: [String] = [
    "a6000101020219012c030104030502",
    "a5000101020219012c030206f5",
    "a7000101020219012c0303041bffffffffffffffff050706f5",
    "a5000101020219012c030406f4",
    "a5000101020219012c030509a500030102020103080484a3000401020200a400050103020103430001ffa40006"
      + "010302010340a400070103020203a60083010203018301020402810703810404810305f5",
    "a5000101020219012c030509a500000100020003000480",
    "a5000101020219012c03060aa2000c0104",
    "a5000101020219012c03060aa30000010402a3000901050202",
    "a6000101020219012c030707184d0803",
    "a5000101020219012c03080803",
    "a4000101020219012c0309",
    "a8000101020219012c03030401050706f40f1bffffffffffffffff",
    "a6000101020219012c030406f50f03",
    "a7000101020219012c030707184d08030d1846",
    "a7000101020219012c030807184d08030e183c",
    "a5000101020219012c030509a6000301020201030804800502",
    "a5000101020219012c03060aa3000c0104030b",
    "a5000101020219012c030a0ba500a20009010201a60083010203018301020402810703810404810305f5020403"
      + "42010204f5",
    "a5000101020219012c030b0ca200a2000901020106",
    "a6000101020219012c030c04080f05",
    "a7000101020219012c030c040806f50f05",
    "a5000101020219012c030d10a60005010902020308040a058101",
  ]

  @Test func everyKindOfMessage() throws {
    let actual = try CodingTests.bodies.map { try Self.hex(message(1, 2, term: 300, $0)) }
    #expect(actual == Self.messages, "\(actual)")
    for (bytes, body) in zip(
      try CodingTests.bodies.map { try CBOREncoder().encode(message(1, 2, term: 300, $0)) },
      CodingTests.bodies)
    {
      #expect(try CBORDecoder().decode(Message.self, from: bytes).body == body)
    }
  }

  static let stored: [String] = [
    "a3000401020200",
    "a400050103020103430001ff",
    "a40006010302010340",
    "a400070103020203a60083010203018301020402810703810404810305f5",
    "a3000401010203",
    "a3000402000302",
    "a30009010202a60083010203018301020402810703810404810305f5",
    "a30009010202a10080",
  ]

  @Test func whatIsOnDisks() throws {
    var actual = try CodingTests.entries.map { try Self.hex($0) }
    actual.append(try Self.hex(HardState(term: 4, vote: ReplicaID(rawValue: 1), commit: 3)))
    actual.append(try Self.hex(HardState(term: 4, doubt: .damaged)))
    actual.append(try Self.hex(LogBase(index: 9, term: 2, membership: CodingTests.membership)))
    actual.append(try Self.hex(LogBase(index: 9, term: 2, membership: Membership(voters: []))))
    #expect(actual == Self.stored, "\(actual)")
  }

  /// What an older version wrote has none of the later keys.
  @Test func absentKeysHaveDefaults() throws {
    let old: [UInt8] = [0xa3, 0, 4, 2, 3, 3, 0xf6]
    #expect(try CBORDecoder().decode(HardState.self, from: old) == HardState(term: 4, commit: 3))
    let heartbeat: [UInt8] = [0xa6, 0, 1, 1, 2, 2, 3, 3, 7, 7, 4, 8, 5]
    #expect(
      try CBORDecoder().decode(Message.self, from: heartbeat)
        == message(1, 2, term: 3, .heartbeat(commit: 4, round: 5)))
  }

  @Test func anInvalidMembershipIsRefused() throws {
    for lists in [[2, 1], [1, 1]] as [[UInt8]] {
      let bytes: [UInt8] = [0xa1, 0, 0x82] + lists
      #expect(throws: DecodingError.self) { try CBORDecoder().decode(Membership.self, from: bytes) }
    }
    // A learner that votes; a witness that does not; a joint flag without anything to leave.
    for extra in [[2, 0x81, 1], [4, 0x81, 5], [5, 0xf5], [3, 0x81, 1]] as [[UInt8]] {
      let bytes: [UInt8] = [0xa2, 0, 0x81, 1] + extra
      #expect(throws: DecodingError.self) { try CBORDecoder().decode(Membership.self, from: bytes) }
    }
  }
}
