// What happened, for the digest and for people: a value.
import ActorCluster

/// The last events of a simulation, and a digest of all of them.
package struct SimulationTrace {
  package enum Kind: UInt8 {
    case dropped, delivered, written, checkpointed, call, answer, fault, started, stopped, elected, installed
    case restored
  }

  package struct Event {
    var at: Int64
    var kind: Kind
    var node: Int
    var partition: Int
    var first: UInt64
    var second: UInt64
    var note: String?
  }

  private var events: [Event] = []
  /// Faults, starts, stops and elections, from the beginning.
  private var milestones: [Event] = []
  private var next = 0
  private let capacity: Int
  /// Depends on every event and their order.
  package private(set) var digest: UInt64 = 0x9E37_79B9_7F4A_7C15
  package private(set) var count: UInt64 = 0

  package init(capacity: Int = 400) {
    self.capacity = capacity
    events.reserveCapacity(capacity)
  }

  package mutating func record(
    _ kind: Kind, at: Int64, node: Int, partition: Int = -1, _ first: UInt64 = 0, _ second: UInt64 = 0,
    note: @autoclosure () -> String? = nil
  ) {
    count += 1
    mix(UInt64(bitPattern: at))
    mix(
      UInt64(kind.rawValue) << 32 | UInt64(UInt16(truncatingIfNeeded: node)) << 16
        | UInt64(UInt16(truncatingIfNeeded: partition)))
    mix(first)
    mix(second)
    let note = note()
    for byte in note.map({ Array($0.utf8) }) ?? [] { mix(UInt64(byte)) }
    let event = Event(
      at: at, kind: kind, node: node, partition: partition, first: first, second: second, note: note)
    switch kind {
    case .fault, .started, .stopped, .elected, .installed:
      if milestones.count < 10 * capacity { milestones.append(event) }
    default: break
    }
    if events.count < capacity {
      events.append(event)
    } else {
      events[next] = event
      next = (next + 1) % capacity
    }
  }

  private mutating func mix(_ value: UInt64) {
    var z = (digest ^ value) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    digest = z ^ (z >> 31)
  }

  /// What happened to nodes since the beginning; then the last events, oldest first.
  package var lines: [String] {
    milestones.map(Self.line) + ["the last events:"] + (events[next...] + events[..<next]).map(Self.line)
  }

  private static func line(_ event: Event) -> String {
    let rest = String(event.at % 1_000_000)
    let time = "\(event.at / 1_000_000).\(String(repeating: "0", count: 6 - rest.count))\(rest)"
    // A fault of the whole is no node's.
    var line = event.node < 0 ? time : "\(time) n\(event.node + 1)"
    if event.partition >= 0 { line += " p\(event.partition)" }
    line += " \(event.kind)"
    if event.first != 0 || event.second != 0 { line += " \(event.first) \(event.second)" }
    if let note = event.note { line += " \(note)" }
    return line
  }
}
