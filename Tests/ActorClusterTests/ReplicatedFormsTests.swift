// Values that are on disk or on the wire: they round trip, and their bytes are pinned (promise P8).
import ActorCluster
import CBOR
import NodeStore
import PeerTransport
import Testing

@Suite struct ReplicatedFormsTests {
  private func roundTrip<Value: Codable & Equatable>(_ value: Value) throws {
    let bytes = try CBOREncoder().encode(value)
    #expect(try CBORDecoder().decode(Value.self, from: bytes) == value)
  }

  private static let command = CommandID(session: SessionID(high: .max, low: 2), sequence: 3)
  private static let actor = ActorKey(type: "queue", id: "sales{acme}")

  /// The smallest record, by hand: time 0, a cause, no actor, nothing that it does.
  private static let smallest: [UInt8] =
    [0xA7, 0x00, 0x00, 0x01, 0xA1, 0x6C] + Array("housekeeping".utf8) + [
      0xA0, 0x03, 0x40, 0x04, 0x80, 0x05, 0x80, 0x06, 0x40, 0x07, 0x80,
    ]

  private static func records() throws -> [LogRecord] {
    let causes: [LogRecord.Cause] = [
      .command(command, firstOutstanding: 2, fingerprint: 4),
      .message(from: PartitionID(rawValue: 7), sequence: .max),
      .timer(name: "ring"), .housekeeping,
    ]
    var record = try CBORDecoder().decode(LogRecord.self, from: smallest)
    return try causes.map { cause in
      record.time = PartitionTime(milliseconds: 1_700_000_000_123)
      record.cause = cause
      record.actor = cause == .housekeeping ? nil : actor
      record.events = [0x81, 0x00]
      record.messages = [DurableMessage(to: actor, method: "enqueue", encoded: [1, 2])]
      record.timers = [
        .put(name: "ring", at: PartitionTime(milliseconds: 5), method: "rang", argument: [0xF6]),
        .cancel(name: "wrap"),
      ]
      record.reply = [0xA0]
      record.acknowledged = [try acknowledgment(3, upTo: 9)]
      return record
    }
  }

  private static let errors: [ClusterError] = [
    .unavailable(reason: "no majority", retryAfterMilliseconds: 200),
    .overloaded(what: "outbox", retryAfterMilliseconds: 1_000), .outcomeUnknown(command: "0#1"),
    .commandReused(command: "0#1"),
    .unknownActorType("queue"), .unknownMethod(type: "queue", method: "x"),
    .malformedArgument(type: "queue", method: "x", detail: "größe"), .invalidCall(""), .actorGone("a"),
    .remoteFailure("b"), .quarantined(partition: .max, detail: "c"), .shuttingDown,
    .poisoned(command: "0#1", crashes: 2),
  ]

  @Test func recordsRoundTrip() throws {
    for record in try Self.records() { try roundTrip(record) }
  }

  @Test func theSmallestRecordIsPinned() throws {
    let record = try CBORDecoder().decode(LogRecord.self, from: Self.smallest)
    #expect(record.cause == .housekeeping)
    #expect(record.actor == nil)
    #expect(try CBOREncoder().encode(record) == Self.smallest)
  }

  @Test func aRecordOfACommandIsPinned() throws {
    let form = try cborDiagnostic(CBOREncoder().encode(try Self.records()[0]))
    #expect(
      form == #"{0: 1700000000123, "#
        + #"1: {"command": {"_0": {0: {0: 18446744073709551615, 1: 2}, 1: 3}, "fingerprint": 4, "#
        + #""firstOutstanding": 2}}, "#
        + #"2: {0: "queue", 1: "sales{acme}"}, 3: h'8100', "#
        + #"4: [{0: {0: "queue", 1: "sales{acme}"}, 1: "enqueue", 2: h'0102'}], "#
        + #"5: [{"put": {"at": 5, "name": "ring", "method": "rang", "argument": h'f6'}}, "#
        + #"{"cancel": {"name": "wrap"}}], 6: h'a0', 7: [{0: 3, 1: 9}]}"#)
  }

  @Test func causesArePinned() throws {
    let forms = try Self.records().map { try cborDiagnostic(CBOREncoder().encode($0.cause)) }
    #expect(
      forms == [
        #"{"command": {"_0": {0: {0: 18446744073709551615, 1: 2}, 1: 3}, "fingerprint": 4, "#
          + #""firstOutstanding": 2}}"#,
        #"{"message": {"from": 7, "sequence": 18446744073709551615}}"#, #"{"timer": {"name": "ring"}}"#,
        #"{"housekeeping": {}}"#,
      ])
  }

  @Test func errorsRoundTrip() throws {
    for error in Self.errors {
      try roundTrip(error)
    }
    for id: ActorID in [.durable(Self.actor), .durable(ActorKey(type: "", id: ""))] { try roundTrip(id) }
  }

  @Test func errorsSayWhatToDo() {
    for error in Self.errors {
      #expect(error.isRetryable == (error.retryAfterMilliseconds != nil), "\(error)")
      #expect(!error.description.isEmpty)
    }
    #expect(Self.errors.filter(\.isRetryable).count == 3)
  }
}
