// What a campaign is told at its start: a value.

/// How long, how many, how hard. The same seed gives the same kills and the same wishes of the clients; what the
/// cluster makes of them depends on the machine.
package struct CampaignOptions: Equatable, Sendable {
  package var duration: Duration
  package var clients: Int
  /// Keys in use at a time; each client keeps to one of them at a time.
  package var slots: Int
  /// From one kill to the next.
  package var killEvery: Duration
  /// After how many milliseconds most clients give a call up, so that its outcome is unknown: at first.
  package var deadline: Int
  /// Which share of outcomes shall be unknown; nil to keep to `deadline`.
  package var unknownShare: Double? = 0.01
  package var seed: UInt64
  /// Operations on one key before its slot takes a new one.
  package var operationsPerKey = 400
  /// Changes of unknown outcome on one key before its slot takes a new one: each of them doubles the work of a check.
  package var unknownsPerKey = 6
  /// Where the cluster's files and logs go.
  package var directory: String
  /// The history file.
  package var history: String
  /// The `counter-node` executable.
  package var nodeExecutable: String
  /// How long the check of the history may take.
  package var checkTime = Duration.seconds(900)

  package init(
    duration: Duration, clients: Int, slots: Int = 5, killEvery: Duration, deadline: Int = 25, seed: UInt64,
    directory: String, history: String, nodeExecutable: String
  ) {
    self.duration = duration
    self.clients = clients
    self.slots = slots
    self.killEvery = killEvery
    self.deadline = deadline
    self.seed = seed
    self.directory = directory
    self.history = history
    self.nodeExecutable = nodeExecutable
  }
}
