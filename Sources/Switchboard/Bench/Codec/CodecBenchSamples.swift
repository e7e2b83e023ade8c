// The messages that the benchmark of the encoding measures: what really goes over the wire and to the disk. Pure.
internal import ActorCluster
internal import CBOR
internal import ContactCenter
internal import Foundation
internal import NodeStore
internal import Raft

/// One message of a type of the product.
struct CodecBenchSample {
  let name: String
  /// It carries bytes of an inner message, which JSON writes as an array of numbers.
  let carriesBytes: Bool
  let measurement: any CodecMeasurement

  /// The value is given as JSON, as not all of these types can be made from outside their module.
  private init<Value: Codable>(
    _ name: String, _ type: Value.Type, carriesBytes: Bool = false, _ json: String
  ) throws {
    self.name = name
    self.carriesBytes = carriesBytes
    measurement = ValueMeasurement(value: try JSONDecoder().decode(type, from: Data(json.utf8)))
  }

  static func all() throws -> [CodecBenchSample] {
    let created = """
      {"channel": "chat", "queue": "billing", "priority": 3, "customer": "+44 20 7946 0958", "attributes": \
      {"language": "de", "segment": "gold", "order": "A-2026-118834"}, "offerTimeoutMs": 20000, "wrapUpMs": 30000}
      """
    let commandID = """
      {"session": {"high": 9182736455463728190, "low": 1234567890123456789}, "sequence": 41}
      """
    let id = "4be0643f1d98573b97cdca98a65347dd"
    let standing = """
      {"channel": "chat", "queue": "billing", "priority": 3, "place": 1, "arrivedAt": 1795552496123}
      """
    let event = """
      {"created": {"_0": {"standing": \(standing), "customer": "+44 20 7946 0958", "attributes": \
      {"language": "de", "segment": "gold", "order": "A-2026-118834"}, "offerTimeoutMs": 20000, "wrapUpMs": 30000}}}
      """
    let enqueue = """
      {"interaction": "\(id)", "place": 1, "channel": "chat", "priority": 3, "arrivedAt": 1795552496123}
      """
    let events = try CBOREncoder().encode(
      try JSONDecoder().decode([InteractionEvent].self, from: Data("[\(event)]".utf8)))
    let message = """
      {"to": {"type": "queue", "id": "billing"}, "method": "enqueue", "argument": \(try Self.bytes(QueueEnqueued.self, enqueue))}
      """
    let record = """
      {"time": 1795552496123, "cause": {"command": {"_0": \(commandID), "firstOutstanding": 40, "fingerprint": \
      16140901064495857664}}, "actor": {"type": "interaction", "id": "\(id)"}, "events": \(events), "messages": \
      [\(message)], "timers": [], "reply": [160], "acknowledged": [{"partition": 7, "sequence": 1200}]}
      """
    let recordBytes = try Self.bytes(LogRecord.self, record)
    let entries = (0..<8).map {
      """
      {"index": \(90_000 + $0), "term": 12, "kind": 1, "content": \(recordBytes)}
      """
    }.joined(separator: ", ")
    let agent = """
      "queues": ["billing", "sales"], "skills": ["english", "german", "refunds"], "capacity": {"voice": 1, "chat": 3}
      """
    let slot = """
      {"interaction": "\(id)", "place": 1, "queue": "billing", "channel": "chat", "phase": "active", \
      "heldAt": 1795552497001, "idleBefore": 1795552400000}
      """
    let view = """
      {"id": "\(id)", "channel": "chat", "queue": "billing", "state": "active", "agent": "amelie", "place": 1, \
      "priority": 3, "customer": "+44 20 7946 0958", "attributes": {"language": "de", "segment": "gold"}, "arrivedAt": \
      1795552496123, "offeredAt": 1795552497001, "answeredAt": 1795552499555, "answers": 1, "offers": 1}
      """
    return [
      try CodecBenchSample("command CreateInteraction", CreateInteraction.self, created),
      try CodecBenchSample("command SignIn", SignIn.self, "{\(agent), \"missesBeforeNotReady\": 2}"),
      try CodecBenchSample(
        "command Complete", Complete.self, "{\"agent\": \"amelie\", \"disposition\": \"refunded\"}"),
      try CodecBenchSample(
        "message Reserve", Reserve.self,
        "{\"interaction\": \"\(id)\", \"place\": 1, \"queue\": \"billing\", \"channel\": \"chat\"}"),
      try CodecBenchSample(
        "message AgentReport", AgentReport.self,
        """
        {"agent": "amelie", "version": 8812, "signedIn": true, "skills": ["english", "german", "refunds"], "free": \
        {"chat": 2}, "idleSince": 1795552497001, "settled": {"interaction": "\(id)", "place": 1}}
        """),
      try CodecBenchSample("events of an interaction", [InteractionEvent].self, "[\(event)]"),
      try CodecBenchSample(
        "events of an agent", [AgentEvent].self,
        "[{\"released\": {\"_0\": {\"interaction\": \"\(id)\", \"place\": 1, \"reason\": \"finished\"}}}, {\"ready\": {}}]"
      ),
      try CodecBenchSample("row of a queue's entry", QueueEnqueued.self, enqueue),
      try CodecBenchSample(
        "row of an agent", AgentRecord.self,
        """
        {"availability": "ready", \(agent), "missesBeforeNotReady": 2, "slots": [\(slot), \(slot)], "misses": 0, \
        "version": 8812, "idleSince": 1795552497001}
        """),
      try CodecBenchSample(
        "row of an interaction", InteractionRecord.self,
        """
        {"stage": {"active": {"agent": "amelie"}}, "standing": \(standing), "customer": "+44 20 7946 0958", "attributes": \
        {"language": "de", "segment": "gold"}, "offerTimeoutMs": 20000, "wrapUpMs": 30000, "offeredAt": 1795552497001, \
        "answeredAt": 1795552499555, "answers": 1, "offers": 1}
        """),
      try CodecBenchSample("reply InteractionView", InteractionView.self, view),
      try CodecBenchSample(
        "consensus heartbeat", [GroupMessage].self,
        """
        [{"partition": 7, "message": {"from": 1, "to": 2, "term": 12, "kind": 7, "commit": 90007, "round": 512, \
        "compactable": 88000}}]
        """),
      try CodecBenchSample("log record of a command", LogRecord.self, carriesBytes: true, record),
      try CodecBenchSample(
        "batch of 4 durable messages", MessageBatch.self, carriesBytes: true,
        """
        {"from": 3, "to": 7, "messages": [\((0..<4).map { "{\"sequence\": \(1200 + $0), \"message\": \(message)}" }
          .joined(separator: ", "))]}
        """),
      try CodecBenchSample(
        "consensus append of 8 records", [GroupMessage].self, carriesBytes: true,
        """
        [{"partition": 7, "message": {"from": 1, "to": 2, "term": 12, "kind": 5, "append": {"prevIndex": 89999, \
        "prevTerm": 12, "commit": 89999, "round": 511, "entries": [\(entries)], "compactable": 88000}}}]
        """),
    ]
  }

  /// The CBOR of a value as JSON writes bytes.
  private static func bytes<Value: Codable>(_ type: Value.Type, _ json: String) throws -> [UInt8] {
    try CBOREncoder().encode(try JSONDecoder().decode(type, from: Data(json.utf8)))
  }
}
