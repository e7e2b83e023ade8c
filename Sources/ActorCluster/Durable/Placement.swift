// Where an actor lives: pure.
public import NodeStore

/// Places actors on partitions: XXH64 of the key's placement text, seed 0, modulo the number of partitions.
/// Fixed for the life of a cluster; pinned by golden vectors.
public struct Placement: Equatable, Sendable {
  public let partitionCount: UInt32

  /// - Parameter partitionCount: at least 1; smaller numbers are taken as 1.
  public init(partitionCount: UInt32) {
    self.partitionCount = max(1, partitionCount)
  }

  public func partition(of key: ActorKey) -> PartitionID {
    guard key.type != ClusterActor.actorType else { return .system }
    return PartitionID(
      rawValue: UInt32(truncatingIfNeeded: XXH64.hash(key.placementKey.utf8) % UInt64(partitionCount)))
  }

  public var partitions: [PartitionID] { (0..<partitionCount).map { PartitionID(rawValue: $0) } }
}
