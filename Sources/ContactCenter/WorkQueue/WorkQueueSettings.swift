// A queue's settings and status: the decisions on its commands. Pure.
internal import ActorCluster

extension WorkQueueState {
  /// Changes the settings. Agents who become eligible take from the line; reservations under way stay. The only
  /// decision that looks at all agents, and it works on a copy of the state.
  func configure(_ settings: QueueSettings, _ context: DecisionContext) throws -> Decision<
    WorkQueueEvent, Done
  > {
    try Check.name(id, "queue")
    try settings.validate()
    var decision = Decision<WorkQueueEvent, Done>([.configured(settings)])
    var after = self
    _ = after.apply(.configured(settings), at: context.now)
    for channel in Channel.allCases {
      while let next = after.line.next(1, of: channel).first, let entry = after.entries[next],
        let agent = after.idle.first(channel)
      {
        let key = ReservationKey(interaction: entry.interaction, place: entry.place)
        try decision.match(key, channel, with: agent, queue: id)
        guard let match = decision.events.last else { break }
        _ = after.apply(match, at: context.now)
      }
    }
    return decision
  }

  func status(_ query: ViewQueue, _ context: DecisionContext) throws -> QueueStatus {
    var waiting: [Channel: Int] = [:]
    for channel in Channel.allCases {
      let count = line.count(of: channel)
      if count > 0 { waiting[channel] = count }
    }
    let oldest = line.oldestArrival ?? context.now
    return QueueStatus(
      id: id, settings: settings, waiting: waiting, waitingTotal: line.count, reserving: reserving,
      longestWaitMs: max(0, context.now.milliseconds - oldest.milliseconds), agentsSignedIn: idle.signedIn,
      agentsAvailable: idle.available)
  }

  /// Entries for which an agent has been asked.
  package var reserving: Int { entries.count - line.count }
}
