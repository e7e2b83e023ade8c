// Partitions whose leader a person chose, as the node knows it that handed them over: a pure value.
package import NodeStore

/// Leaders are spread over the nodes by themselves; one that a person chose is left where it is for a while.
package struct ChosenLeaders: Sendable {
  /// When it was chosen.
  package struct Choice: Equatable, Sendable {
    fileprivate var at: Int64
  }

  /// How long it is left where it is, in milliseconds.
  package static let time: Int64 = 600_000

  private var choices: [PartitionID: Choice] = [:]

  package init() {}

  /// - Returns: the choice before, if that counts still.
  package mutating func place(_ partition: PartitionID, at now: Int64) -> Choice? {
    let before = isPlaced(partition, at: now) ? choices[partition] : nil
    choices[partition] = Choice(at: now)
    return before
  }

  /// Nothing came of it: what was before counts again.
  package mutating func unplace(_ partition: PartitionID, to before: Choice?) { choices[partition] = before }

  package func isPlaced(_ partition: PartitionID, at now: Int64) -> Bool {
    choices[partition].map { now - $0.at < Self.time } ?? false
  }

  /// All that count.
  package mutating func current(at now: Int64) -> Set<PartitionID> {
    choices = choices.filter { now - $0.value.at < Self.time }
    return Set(choices.keys)
  }
}
