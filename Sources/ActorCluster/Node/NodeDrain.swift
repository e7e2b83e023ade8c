// Taking a node out of service in order: its phases, and whether the others can do without it. Pure values.
public import NodeStore
package import PeerTransport

/// How far a node is out of service. The raw values are in the API and on the wire: never change one.
public enum DrainPhase: String, Codable, Sendable {
  /// It leads what it is given.
  case active
  /// It gives its leaderships away and takes none.
  case draining
  /// It leads nothing: it may be stopped, and nobody notices.
  case drained
}

/// What a node says of its drain.
public struct DrainStatus: Equatable, Sendable {
  public var phase: DrainPhase
  /// Partitions that it still leads.
  public var leads: [PartitionID]
  /// Milliseconds since the drain began; 0 while there is none.
  public var milliseconds: Int64
  /// Why it does not get on, in words; nil while it does.
  public var obstacle: String?
}

/// The drain of one node. It ends nothing by itself: whoever stops the process looks at the phase.
package struct NodeDrain: Sendable {
  /// So long without any leadership it is drained: calls that were under way have been sent on by then. Milliseconds.
  package static let calm: Int64 = 200
  /// So long without anybody who could take a leadership something is in its way. Milliseconds.
  package static let patience: Int64 = 1_000

  package private(set) var phase = DrainPhase.active
  private var since: Int64 = 0
  private var leads: [PartitionID] = []
  private var emptySince: Int64?
  private var stuckSince: Int64?

  package init() {}

  package var isActive: Bool { phase == .active }

  /// - Returns: false if it was begun before.
  package mutating func begin(at now: Int64) -> Bool {
    guard phase == .active else { return false }
    self = NodeDrain()
    phase = .draining
    since = now
    return true
  }

  /// - Returns: false if there was none.
  package mutating func end() -> Bool {
    guard phase != .active else { return false }
    self = NodeDrain()
    return true
  }

  /// - Parameters:
  ///   - leads: what the node leads now.
  ///   - hasRefuge: whether some other node is fit to lead.
  package mutating func observe(leads now: [PartitionID], hasRefuge: Bool, at moment: Int64) {
    guard phase != .active else { return }
    leads = now
    emptySince = now.isEmpty ? emptySince ?? moment : nil
    stuckSince = now.isEmpty || hasRefuge ? nil : stuckSince ?? moment
    // Who was alone for a moment is elected again.
    phase = emptySince.map { moment - $0 >= Self.calm } == true ? .drained : .draining
  }

  package func status(at now: Int64) -> DrainStatus {
    var status = DrainStatus(
      phase: phase, leads: leads, milliseconds: phase == .active ? 0 : now - since, obstacle: nil)
    if let stuckSince, now - stuckSince >= Self.patience {
      status.obstacle =
        "no other node is up, well and not being drained: nobody can take over \(leads.count) partition"
        + "\(leads.count == 1 ? "" : "s")"
    }
    return status
  }
}

/// Whether the rest of a cluster has a majority of every partition without one node.
package struct DrainCheck: Sendable {
  /// Pings come twice a second: one that has been silent for so many milliseconds is not relied on.
  package static let silence: Int64 = 1_500

  /// The partitions that the node has a replica of, with the votes that are there.
  package var partitions: [AlarmPartition]
  /// Other nodes that are heard.
  package var heard: Set<NodeID>
  /// Nodes that are being drained, too.
  package var draining: Set<NodeID>

  package init(partitions: [AlarmPartition], heard: Set<NodeID>, draining: Set<NodeID>) {
    self.partitions = partitions
    self.heard = heard
    self.draining = draining
  }

  /// What is against stopping the node, in words; nil when nothing is.
  package func problem(without node: NodeID) -> String? {
    var lost = 0
    var missing: Set<NodeID> = []
    let left = heard.subtracting(draining).subtracting([node])
    let known = partitions.filter { !$0.voters.isEmpty }
    for partition in known where partition.votes(left.contains).margin < 0 {
      lost += 1
      for (list, nodes) in partition.voters.enumerated() {
        missing.formUnion(
          nodes.filter { $0 != node && (!left.contains($0) || partition.isGone($0, in: list)) })
      }
    }
    guard lost > 0 else { return nil }
    let reasons = missing.sorted().map { other in
      if !heard.contains(other) { return "\(other) is not heard" }
      return draining.contains(other)
        ? "\(other) is being drained, too" : "\(other) has lost its replica, which is rebuilt"
    }
    let because = reasons.isEmpty ? "too few nodes vote" : reasons.joined(separator: ", ")
    return
      "without \(node) there would be no majority for \(lost) of \(known.count) partitions: \(because). "
      + (reasons.isEmpty
        ? "While it is stopped, they serve nothing"
        : "Bring the others back first; while it is stopped, those partitions serve nothing")
  }
}
