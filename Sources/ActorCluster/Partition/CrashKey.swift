// What a node may die of: names of work that runs an actor's code, and what is known against it. Pure values.
package import NodeStore

/// Names one piece of work, the same on every node and for every retry.
package struct CrashKey: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  /// The raw values are on disk and on the wire: never change one.
  package enum Kind: UInt8, Codable, Sendable {
    case command = 1
    case message = 2
    case timer = 3
    /// A committed entry of the log.
    case entry = 4
    /// An actor that is restored from its rows.
    case actor = 5
  }

  package let kind: Kind
  package let first: UInt64
  package let second: UInt64
  package let third: UInt64

  package init(kind: Kind, first: UInt64, second: UInt64, third: UInt64) {
    self.kind = kind
    self.first = first
    self.second = second
    self.third = third
  }

  package static func command(_ id: CommandID) -> CrashKey {
    CrashKey(kind: .command, first: id.session.high, second: id.session.low, third: id.sequence)
  }

  package static func message(from: PartitionID, to: PartitionID, sequence: UInt64) -> CrashKey {
    CrashKey(kind: .message, first: UInt64(from.rawValue), second: UInt64(to.rawValue), third: sequence)
  }

  /// One that is set anew for another time is another one.
  package static func timer(
    _ actor: ActorKey, name: String, at: PartitionTime, in partition: PartitionID
  ) -> CrashKey {
    let name = XXH64.hash(name.utf8, seed: XXH64.hash(actor.description.utf8))
    return CrashKey(
      kind: .timer, first: UInt64(partition.rawValue), second: name,
      third: UInt64(bitPattern: at.milliseconds))
  }

  package static func entry(_ index: UInt64, term: UInt64, of partition: PartitionID) -> CrashKey {
    CrashKey(kind: .entry, first: UInt64(partition.rawValue), second: index, third: term)
  }

  package static func actor(_ actor: ActorKey, of partition: PartitionID) -> CrashKey {
    CrashKey(
      kind: .actor, first: UInt64(partition.rawValue), second: XXH64.hash(actor.description.utf8), third: 0)
  }

  /// Whether another node can do without it: a command is refused and a message set aside, but every replica has to apply an
  /// entry and to restore an actor.
  package var isRefusable: Bool { kind != .entry && kind != .actor }

  package static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.kind.rawValue, lhs.first, lhs.second, lhs.third)
      < (rhs.kind.rawValue, rhs.first, rhs.second, rhs.third)
  }

  package var description: String {
    switch kind {
    case .command:
      "command \(CommandID(session: SessionID(high: first, low: second), sequence: third))"
    case .message: "message \(third) from partition \(first) to \(second)"
    case .timer: "timer \(hex(second)) of partition \(first), due at \(Int64(bitPattern: third))"
    case .entry: "entry \(second) of term \(third) of partition \(first)"
    case .actor: "the stored rows of an actor of partition \(first)"
    }
  }

  enum CodingKeys: Int, CodingKey {
    case kind = 0
    case first = 1
    case second = 2
    case third = 3
  }
}

/// Where a node notes what it is about to do with an actor's code, so that the next start knows what it died of. Changes
/// nothing that anything decides by.
package protocol InFlightNotes: Sendable {
  func begin(_ key: CrashKey, _ actor: ActorKey?, _ method: String)
  func end()
}

/// What a replica must not do (again), as its node knows it now.
package struct PoisonVerdicts: Equatable, Sendable {
  /// How often nodes died of it.
  private let refused: [CrashKey: Int]
  /// Not before more is known: see `CrashTable.verdicts`.
  private let held: Set<CrashKey>

  package static let none = PoisonVerdicts()

  package init(refused: [CrashKey: Int] = [:], held: Set<CrashKey> = []) {
    self.refused = refused
    self.held = held
  }

  /// Almost always; then nothing has to be looked up.
  package var isEmpty: Bool { refused.isEmpty && held.isEmpty }

  /// How often nodes died of it, if it must not be done any more.
  package func crashes(of key: @autoclosure () -> CrashKey) -> Int? {
    refused.isEmpty ? nil : refused[key()]
  }

  package func isHeld(_ key: @autoclosure () -> CrashKey) -> Bool { !held.isEmpty && held.contains(key()) }
}
