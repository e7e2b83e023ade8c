// Keeps a log from being flooded by a trouble that goes on: a pure value.
package import NodeStore

/// Of each partition a cause is admitted when it is another than the last one, and again after a minute.
package struct RepeatedComplaints: Sendable {
  private struct Last: Sendable {
    var cause: String
    var at: Int64
  }

  private static let pause: Int64 = 60_000

  private var last: [PartitionID: Last] = [:]

  package init() {}

  package mutating func admit(_ cause: String, of partition: PartitionID, at monotonic: Int64) -> Bool {
    if let last = last[partition], last.cause == cause, monotonic - last.at < Self.pause { return false }
    last[partition] = Last(cause: cause, at: monotonic)
    return true
  }
}
