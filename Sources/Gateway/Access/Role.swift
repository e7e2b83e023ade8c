// Who may do what: pure values.

/// What the holder of a token is to the contact center. The raw values are in token files: never change one.
public enum Role: String, Codable, CaseIterable, Sendable {
  /// Everything.
  case admin
  /// Agents' desktops: sessions of agents, and interactions from accepting to the end of wrap-up.
  case agent
  /// Channel adapters: they create interactions and say when a customer gives up.
  case channel
  /// People on duty: they read everything, and acknowledge alarms.
  case supervisor
  /// Reads only.
  case viewer

  package var permissions: Set<Permission> {
    switch self {
    case .admin: Set(Permission.allCases)
    case .agent: [.read, .serve]
    case .channel: [.read, .arrive]
    case .supervisor: [.read, .watch, .acknowledge]
    case .viewer: [.read, .watch]
    }
  }
}

/// What a route needs.
package enum Permission: String, CaseIterable, Sendable {
  case read
  /// Alarms of the nodes: they name machines, files and failures.
  case watch
  /// Say that somebody takes care of an alarm.
  case acknowledge
  /// Agents' sessions; accept, decline, complete, wrap-up.
  case serve
  /// Create and abandon interactions.
  case arrive
  /// Settings of queues.
  case configure
  /// The node itself: backups.
  case operate
  /// Faults injected into a node.
  case disrupt

  /// The roles that have it, for error messages.
  package var roles: [Role] { Role.allCases.filter { $0.permissions.contains(self) } }
}
