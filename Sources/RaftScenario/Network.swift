// Messages on their way, in the order in which they were sent. A pure value.
import Raft

struct Network: Sendable {
  private(set) var messages: [Message] = []

  /// False, and nothing done, if too many wait.
  mutating func send(_ message: Message) -> Bool {
    guard messages.count < Limits.messages else { return false }
    messages.append(message)
    return true
  }

  func hasMessages(for node: ReplicaID) -> Bool {
    messages.contains { $0.to == node }
  }

  /// Takes out at most `count` messages that satisfy `predicate`, oldest first.
  mutating func take(atMost count: Int = .max, where predicate: (Message) -> Bool) -> [Message] {
    var taken: [Message] = []
    var rest: [Message] = []
    for message in messages {
      if taken.count < count, predicate(message) {
        taken.append(message)
      } else {
        rest.append(message)
      }
    }
    messages = rest
    return taken
  }

  /// Turns the order of the messages that satisfy `predicate` around. The others stay in place.
  mutating func reverse(where predicate: (Message) -> Bool) -> Int {
    let places = messages.indices.filter { predicate(messages[$0]) }
    let reversed = places.reversed().map { messages[$0] }
    for (place, message) in zip(places, reversed) {
      messages[place] = message
    }
    return places.count
  }
}
