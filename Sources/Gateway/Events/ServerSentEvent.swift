// The text of server-sent events (HTML standard, section 9.2.6): pure.

/// One message of an event stream.
package struct ServerSentEvent: Equatable, Sendable {
  package var id: String?
  package var event: String
  package var data: String

  package init(id: String?, event: String, data: String) {
    self.id = id
    self.event = event
    self.data = data
  }

  /// A message without `id` leaves a reader's last event id as it was. Line ends within `data` become lines of their own;
  /// ids and names are this node's and have none.
  package var text: String {
    var text = id.map { "id: \($0)\n" } ?? ""
    text += "event: \(event)\n"
    // Only what readers take for line ends: to `Character.isNewline`, U+2028 within a text would be one too.
    let ends = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let lines = Array(data.utf8).split(omittingEmptySubsequences: false) { ends.contains($0) }
    for line in lines { text += "data: \(String(decoding: line, as: UTF8.self))\n" }
    return text + "\n"
  }

  /// Readers come back after so many milliseconds, when the stream has ended.
  package static func retry(milliseconds: Int) -> String { "retry: \(milliseconds)\n\n" }

  /// A line that readers skip.
  package static func comment(_ words: String) -> String { ": \(words)\n\n" }
}
