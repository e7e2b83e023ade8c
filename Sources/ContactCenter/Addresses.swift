// The names of the domain's actors in the cluster, and of the methods that they call on each other: constants.
public import ActorCluster

extension ActorKey {
  /// The interaction of this id.
  public static func interaction(_ id: String) -> ActorKey { ActorKey(type: "interaction", id: id) }
  /// The work queue of this name.
  public static func workQueue(_ id: String) -> ActorKey { ActorKey(type: "queue", id: id) }
  /// The agent of this id.
  public static func agent(_ id: String) -> ActorKey { ActorKey(type: "agent", id: id) }
}

/// Methods that actors and timers call. On the wire and on disk: never change one.
enum MessageName {
  // To interactions: from agents, and from their own timers.
  static let reserved = "reserved"
  static let offerExpired = "offerExpired"
  static let wrapUpExpired = "wrapUpExpired"
  // To queues: from interactions, and from agents.
  static let enqueue = "enqueue"
  static let left = "left"
  static let withdraw = "withdraw"
  static let agentChanged = "agentChanged"
  static let reservationRefused = "reservationRefused"
  // To agents: from queues, and from interactions.
  static let reserve = "reserve"
  static let answered = "answered"
  static let release = "release"
}

/// Names of the timers of an interaction.
enum TimerName {
  static let offer = "offer"
  static let wrapUp = "wrapUp"
}
