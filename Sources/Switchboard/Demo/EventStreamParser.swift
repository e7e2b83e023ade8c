// Reads server-sent events from chunks of bytes, as the HTML standard defines them (9.2.6). Pure.

/// One event of a stream.
package struct StreamMessage: Equatable, Sendable {
  /// The last id that the stream has given, this event's included.
  package var id: String?
  package var event: String
  package var data: String

  package init(id: String?, event: String, data: String) {
    self.id = id
    self.event = event
    self.data = data
  }
}

/// The stream has a line or event longer than any that the cluster sends.
package struct EventStreamOverflow: Error, Equatable, CustomStringConvertible {
  package var description: String {
    "the event stream has an event of more than \(EventStreamParser.limit) bytes"
  }
}

package struct EventStreamParser: Sendable {
  package static let limit = 1 << 20

  private var line: [UInt8] = []
  private var event = ""
  private var data: [String] = []
  private var dataBytes = 0
  private var id: String?
  private var afterReturn = false

  package init() {}

  /// The events that these bytes complete.
  package mutating func read(_ bytes: some Sequence<UInt8>) throws(EventStreamOverflow) -> [StreamMessage] {
    var messages: [StreamMessage] = []
    for byte in bytes {
      let isSecondHalf = afterReturn && byte == UInt8(ascii: "\n")
      afterReturn = byte == UInt8(ascii: "\r")
      if isSecondHalf { continue }
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        if let message = endLine() { messages.append(message) }
      } else {
        line.append(byte)
        guard line.count + dataBytes <= Self.limit else { throw EventStreamOverflow() }
      }
    }
    return messages
  }

  private mutating func endLine() -> StreamMessage? {
    defer { line.removeAll(keepingCapacity: true) }
    if line.isEmpty { return endEvent() }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
    let text = String(decoding: value, as: UTF8.self)
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "event": event = text
    case "data":
      data.append(text)
      dataBytes += value.count + 1
    case "id" where !value.contains(0): id = text
    default: break  // A comment, or a field that means nothing here.
    }
    return nil
  }

  private mutating func endEvent() -> StreamMessage? {
    defer {
      event = ""
      data = []
      dataBytes = 0
    }
    guard !data.isEmpty else { return nil }
    return StreamMessage(id: id, event: event.isEmpty ? "message" : event, data: data.joined(separator: "\n"))
  }
}
