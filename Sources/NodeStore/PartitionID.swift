// The number of a partition, as every layer above the disk names it: a value.

/// A partition of the cluster: one consensus group, one slice of the actors. Numbers are chosen when the cluster is
/// created and never reused.
public struct PartitionID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible
{
  /// The group that every node of a cluster belongs to; it holds the state of the cluster itself, and no actor of anybody's.
  public static let system = PartitionID(rawValue: .max)

  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  public static func < (left: PartitionID, right: PartitionID) -> Bool {
    left.rawValue < right.rawValue
  }

  /// For logs: the number, or a word.
  package var label: String { self == .system ? "system" : "\(rawValue)" }

  public var description: String { self == .system ? "the system group" : "partition \(rawValue)" }
}
