// What a node raises alarms about: a list. What each means is in `AlarmCatalogue`.

/// The raw values are in answers of the API, metrics and forwarded alarms: never change one.
public enum AlarmKind: String, Codable, CaseIterable, Comparable, Sendable {
  case nodeUnreachable = "node_unreachable"
  case linkHalfOpen = "link_half_open"
  case linkFlapping = "link_flapping"
  case quorumAtRisk = "quorum_at_risk"
  case quorumLost = "quorum_lost"
  case noLeader = "no_leader"
  case replicaQuarantined = "replica_quarantined"
  case replicaRebuilding = "replica_rebuilding"
  case replicaLag = "replica_lag"
  case database
  case disk
  case clockSkew = "clock_skew"
  case certificate
  case overload
  case forwarding
  case configuration
  case chaosAllowed = "chaos_allowed"
  case faultsInjected = "faults_injected"

  public static func < (left: AlarmKind, right: AlarmKind) -> Bool { left.rawValue < right.rawValue }
}
