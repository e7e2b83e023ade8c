// How long a partition was without an acknowledgment after its leader was killed. Pure.

/// Collects the acknowledgments of probes, one prober per partition. Only a command that was sent first after the kill counts:
/// an older one may have been acknowledged by the leader that died. Times are real seconds.
package struct ProbeBoard: Equatable, Sendable {
  package private(set) var killedAt: Double?
  private var signaledAt = Double.infinity
  /// Seconds from the kill to the first acknowledgment, by partition.
  package private(set) var failover: [Int: Double] = [:]
  package private(set) var acknowledged = 0

  package init() {}

  /// - Parameters:
  ///   - time: before the signal was sent: failover counts from here.
  ///   - signaled: after it was sent: an earlier command may have reached the node alive.
  package mutating func killed(at time: Double, signaled: Double) {
    killedAt = time
    signaledAt = signaled
  }

  package mutating func acknowledged(partition: Int, sentAt: Double, at time: Double) {
    acknowledged += 1
    guard let killedAt, sentAt >= signaledAt, failover[partition] == nil else { return }
    failover[partition] = time - killedAt
  }
}
