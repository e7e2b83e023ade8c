// The number of a partition, as every layer above the disk names it: a value.

/// A partition of the cluster: one consensus group, one slice of the actors. Numbers are chosen when the cluster is
/// created and never reused.
public struct PartitionID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible
{
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  public static func < (left: PartitionID, right: PartitionID) -> Bool {
    left.rawValue < right.rawValue
  }

  public var description: String { "partition \(rawValue)" }
}
