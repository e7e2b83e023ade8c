// The messages that the fuzzing starts from, each with its type: those of the product, and those that show every form. Pure.
internal import ActorCluster
internal import CBOR
internal import ContactCenter
internal import Foundation
internal import NodeStore
internal import Raft

/// A type that inputs are decoded as.
struct FuzzShape: Sendable {
  let name: String
  /// Decodes an input and, if it is one of the type, encodes it again: nil if it is none.
  let reencode: @Sendable ([UInt8]) throws -> [UInt8]

  init<Value: Codable & Sendable>(_ name: String, _ type: Value.Type) {
    self.name = name
    reencode = { try CBOREncoder().encode(try CBORDecoder().decode(type, from: $0)) }
  }
}

/// Messages and the types that they are of.
package struct FuzzCorpus: Sendable {
  let shapes: [FuzzShape]
  package let messages: [FuzzMessage]
  /// The shape of the message at the same place; nil for one that is of no type.
  let shapeOfMessage: [Int?]

  package init() throws {
    var shapes: [FuzzShape] = []
    var messages: [FuzzMessage] = []
    var shapeOfMessage: [Int?] = []
    // Given as JSON, as not all of these types can be made from outside their module.
    func add<Value: Codable & Sendable>(_ type: Value.Type, _ examples: String...) throws {
      for json in examples {
        let value = try JSONDecoder().decode(type, from: Data(json.utf8))
        messages.append(FuzzMessage(try CBOREncoder().encode(value)))
        shapeOfMessage.append(shapes.count)
      }
      shapes.append(FuzzShape("\(type)", type))
    }
    let standing =
      #"{"channel": "chat", "queue": "billing", "priority": 3, "place": 1, "arrivedAt": 1795552496123}"#
    let command = #"{"session": {"high": 9182736455463728190, "low": 12345}, "sequence": 41}"#
    let message =
      #"{"to": {"type": "queue", "id": "ü/水"}, "method": "enqueue", "argument": [161, 0, 24, 42]}"#
    try add(
      CreateInteraction.self,
      #"{"channel": "voice", "queue": "q", "customer": "+44", "attributes": {"a": "b", "1": "2", "01": "3"}}"#
    )
    try add(SignIn.self, #"{"queues": ["q", "r"], "skills": ["s"], "capacity": {"voice": 1, "chat": 3}}"#)
    try add(
      AgentReport.self,
      """
      {"agent": "a", "version": 18446744073709551615, "signedIn": true, "skills": ["x", "y"], "free": {"chat": 2}, \
      "idleSince": -1, "settled": {"interaction": "i", "place": 70000}}
      """)
    try add(
      [InteractionEvent].self,
      """
      [{"created": {"_0": {"standing": \(standing), "attributes": {"l": "de"}, "offerTimeoutMs": 1, "wrapUpMs": 2}}}, \
      {"closed": {"_0": {"standing": \(standing), "outcome": "completed", "answeredAt": 5}}}]
      """)
    try add(
      [AgentEvent].self,
      #"[{"released": {"_0": {"interaction": "i", "place": 1, "reason": "missed"}}}, {"ready": {}}]"#)
    try add(
      InteractionView.self,
      """
      {"id": "4be0643f1d98573b97cdca98a65347dd", "channel": "sms", "queue": "q", "state": "active", "agent": "amelie", \
      "place": 1, "priority": 3, "attributes": {}, "arrivedAt": 7, "answers": 1, "offers": 1}
      """)
    try add(
      LogRecord.self,
      """
      {"time": 1795552496123, "cause": {"command": {"_0": \(command), "firstOutstanding": 40, "fingerprint": 9}}, \
      "actor": {"type": "interaction", "id": "i"}, "events": [129, 160], "messages": [\(message)], "timers": [{"put": \
      {"name": "rona", "at": 5, "method": "expire", "argument": []}}, {"cancel": {"name": "wrapUp"}}], "reply": [160], \
      "acknowledged": [{"partition": 7, "sequence": 1200}]}
      """)
    try add(
      MessageBatch.self, #"{"from": 3, "to": 7, "messages": [{"sequence": 1200, "message": \#(message)}]}"#)
    try add(
      [GroupMessage].self,
      """
      [{"partition": 7, "message": {"from": 1, "to": 2, "term": 12, "kind": 5, "append": {"prevIndex": 89999, \
      "prevTerm": 12, "commit": 89999, "round": 511, "entries": [{"index": 1, "term": 1, "kind": 1, "content": [1, 2]}, \
      {"index": 2, "term": 1, "kind": 0}], "compactable": 8}}}, {"partition": 8, "message": {"from": 1, "to": 2, \
      "term": 12, "kind": 7, "commit": 1, "round": 2}}]
      """)
    try add(
      ClusterError.self, #"{"shuttingDown": {}}"#,
      #"{"overloaded": {"what": "x", "retryAfterMilliseconds": 5}}"#)
    try add([String: [Int]].self, #"{"a": [1, -2], "": [], "long-enough-for-the-heap": [65536]}"#)
    try add([Int: [Double?]].self, #"{"1": [1.5, null], "-500": [0.1, 1e300], "70000": []}"#)
    shapes.append(FuzzShape("Set<String>", Set<String>.self))
    shapes.append(FuzzShape("[Double: Float]", [Double: Float].self))
    shapes.append(FuzzShape("[[UInt8]]", [[UInt8]].self))
    shapes.append(FuzzShape("[Bool?]", [Bool?].self))
    shapes.append(FuzzShape("[UInt16]", [UInt16].self))
    // Tags, indefinite lengths, bignums, odd simple values, and all widths.
    for text in [
      "c249010000000000000000", "c1fb41d452d9ec200000", "d818456449455446", "5f42010243030405ff", "f0",
      "f8ff", "f7",
      "7f657374726561646d696e67ff", "9f018202039f0405ffff", "bf61610161629f0203ffff",
      "bf6346756ef563416d7421ff",
      "fb3ff199999999999a", "3bffffffffffffffff", "f97e00", "fa47c35000",
      "a56161614161626142616361436164614461656145",
      "a201020304", "a3018101" + "2081f6" + "6161a0", "a2410001f502",
      "9b0000000000000002" + "1b0000000000000001" + "f4",
    ] {
      messages.append(FuzzMessage(Self.bytes(hex: text)))
      shapeOfMessage.append(nil)
    }
    (self.shapes, self.messages, self.shapeOfMessage) = (shapes, messages, shapeOfMessage)
  }

  static func bytes(hex: String) -> [UInt8] {
    var (bytes, high): ([UInt8], UInt8?) = ([], nil)
    for digit in hex.utf8 {
      let value = digit < 0x3a ? digit &- 0x30 : digit &- 0x57
      if let first = high { bytes.append(first << 4 | value) }
      high = high == nil ? value : nil
    }
    return bytes
  }

  package static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
