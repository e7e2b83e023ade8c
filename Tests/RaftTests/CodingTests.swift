// The encoding of messages and entries survives a round trip and refuses what it does not know.

import Foundation
import Raft
import Testing

@Suite struct CodingTests {
  static let entries = [
    LogEntry(index: 4, term: 2, payload: .empty),
    LogEntry(index: 5, term: 3, payload: .command([0, 1, 255])),
    LogEntry(index: 6, term: 3, payload: .command([])),
    LogEntry(index: 7, term: 3, payload: .membership(membership)),
  ]

  static let bodies: [Body] = [
    .preVote(lastIndex: 3, lastTerm: 2),
    .preVoteReply(granted: true),
    .vote(lastIndex: .max, lastTerm: 7, transfer: true),
    .voteReply(granted: false),
    .append(Append(prevIndex: 3, prevTerm: 2, commit: 1, round: 8, entries: entries)),
    .append(Append(prevIndex: 0, prevTerm: 0, commit: 0, round: 0, entries: [])),
    .appendReply(AppendReply(match: 12, round: 4)),
    .appendReply(
      AppendReply(
        match: 0, round: 4, rejection: AppendReply.Rejection(index: 9, hintIndex: 5, hintTerm: 2))),
    .heartbeat(commit: 77, round: 3),
    .heartbeatReply(round: 3),
    .timeoutNow,
    .vote(lastIndex: 1, lastTerm: 7, transfer: false, nonce: .max),
    .voteReply(granted: true, nonce: 3),
    .heartbeat(commit: 77, round: 3, compactable: 70),
    .heartbeatReply(round: 3, checkpoint: 60, commit: 77),
    .append(Append(prevIndex: 3, prevTerm: 2, commit: 1, round: 8, entries: [], compactable: 2)),
    .appendReply(AppendReply(match: 12, round: 4, checkpoint: 11)),
    .snapshot(
      SnapshotChunk(
        id: SnapshotID(index: 9, term: 2), membership: membership, offset: 4, bytes: [1, 2], isLast: true)),
    .snapshotReply(SnapshotReply(id: SnapshotID(index: 9, term: 2), offset: 6)),
    .confirm(nonce: 5, lastIndex: 8),
    .confirm(nonce: 5, lastIndex: 8, isDoubtful: true),
    .confirmReply(
      ConfirmReply(
        nonce: 5, lastIndex: 9, lastTerm: 2, acknowledged: 8, covered: 10, members: [ReplicaID(rawValue: 1)])),
  ]

  /// Joint, with all that a membership can have.
  static let membership: Membership = {
    var membership = Membership(
      voters: [1, 2, 3].map(ReplicaID.init(rawValue:)), witnesses: [ReplicaID(rawValue: 3)],
      learners: [ReplicaID(rawValue: 7)])
    membership.outgoing = [1, 2, 4].map(ReplicaID.init(rawValue:))
    membership.learnersNext = [ReplicaID(rawValue: 4)]
    membership.leavesAutomatically = true
    return membership
  }()

  @Test(arguments: bodies) func messagesSurvive(body: Body) throws {
    let original = message(1, 2, term: 300, body)
    let data = try JSONEncoder().encode(original)
    #expect(try JSONDecoder().decode(Message.self, from: data) == original)
  }

  @Test(arguments: [
    HardState(), HardState(term: 4, vote: ReplicaID(rawValue: .max), commit: 3),
  ]) func hardStatesSurvive(state: HardState) throws {
    let data = try JSONEncoder().encode(state)
    #expect(try JSONDecoder().decode(HardState.self, from: data) == state)
  }

  @Test func unknownKindsAreRefusedAndUnknownKeysSkipped() throws {
    func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
      try JSONDecoder().decode(type, from: Data(text.utf8))
    }
    #expect(throws: DecodingError.self) {
      try decode(Message.self, #"{"from":1,"to":2,"term":3,"kind":200}"#)
    }
    #expect(throws: DecodingError.self) { try decode(LogEntry.self, #"{"index":1,"term":3,"kind":9}"#) }
    #expect(throws: DecodingError.self) { try decode(LogEntry.self, #"{"index":1,"term":3,"kind":1}"#) }
    #expect(
      try decode(Message.self, #"{"from":1,"to":2,"term":3,"kind":9,"later":[]}"#)
        == message(1, 2, term: 3, .timeoutNow))
  }

  /// Keys and kinds are on disks and wires: they never change.
  @Test func keysAreFixed() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    func text(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    #expect(
      try text(message(1, 2, term: 3, .heartbeat(commit: 4, round: 5)))
        == #"{"commit":4,"from":1,"kind":7,"round":5,"term":3,"to":2}"#)
    #expect(try text(Self.entries[1]) == #"{"content":[0,1,255],"index":5,"kind":1,"term":3}"#)
    #expect(
      try text(HardState(term: 4, vote: ReplicaID(rawValue: 1), commit: 3))
        == #"{"commit":3,"term":4,"vote":1}"#)
  }
}
