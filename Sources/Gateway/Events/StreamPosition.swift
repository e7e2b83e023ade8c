// Where the reader of an event stream stands, down to one event of a change that has several: a value.
package import ActorCluster
package import NodeStore

/// The id of an event. One committed change of an actor may be several events; `EventPosition` counts changes. So the id
/// of an event with others of its change after it also says how many of them the reader has:
/// `POSITION~PARTITION.COUNT`, with `,PARTITION.COUNT` for each further change that is seen in part.
/// A reader that is cut off between them misses none and sees none twice.
package struct StreamPosition: Equatable, Sendable, CustomStringConvertible {
  /// How much of the last change of a partition was seen.
  package struct Partial: Equatable, Sendable {
    package var partition: PartitionID
    package var seen: Int

    package init(partition: PartitionID, seen: Int) {
      self.partition = partition
      self.seen = seen
    }
  }

  /// The last change seen of each partition, in part if `partials` says so.
  package var position: EventPosition
  /// In order of partition, each once.
  package var partials: [Partial]

  package init(_ position: EventPosition, partials: [Partial] = []) {
    self.position = position
    self.partials = partials.sorted { $0.partition < $1.partition }
  }

  /// Nil for text that is no event id of this cluster.
  package init?(_ text: String, placement: Placement) {
    let parts = text.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let position = EventPosition(String(first), placement: placement) else {
      return nil
    }
    self.init(position)
    guard parts.count == 2 else { return }
    let items = parts[1].split(separator: ",", omittingEmptySubsequences: false)
    guard items.count <= Int(placement.partitionCount) else { return nil }
    for item in items {
      let numbers = item.split(separator: ".", omittingEmptySubsequences: false)
      guard numbers.count == 2, let partition = UInt32(numbers[0]), partition < placement.partitionCount,
        let seen = Int(numbers[1]), seen > 0, position.indices[Int(partition)] > 0,
        partials.last.map({ $0.partition.rawValue < partition }) ?? true
      else { return nil }
      partials.append(Partial(partition: PartitionID(rawValue: partition), seen: seen))
    }
  }

  package var description: String {
    guard !partials.isEmpty else { return position.description }
    return "\(position)~" + partials.map { "\($0.partition.rawValue).\($0.seen)" }.joined(separator: ",")
  }

  /// Where the cluster's stream must be resumed: before the changes that were seen in part.
  package var resumption: EventPosition {
    var before = position
    for partial in partials { before.indices[Int(partial.partition.rawValue)] -= 1 }
    return before
  }
}
