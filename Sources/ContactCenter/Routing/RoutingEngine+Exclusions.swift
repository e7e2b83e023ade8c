// Agents who are not to be asked again for a while: bounded on both sides, so that nobody looks far for the next. Pure.

extension RoutingEngine {
  /// Agents that one interaction excludes at most; the exclusion that ends first makes room.
  static let excludedAgents = 16
  /// Waiting interactions that exclude one agent at most. An agent who declines more may be asked again for the one whose
  /// exclusion ends first.
  static let excludingEntries = 64

  mutating func exclude(_ agent: String, from number: Int, until: Int64, now: Int64) {
    let old = entries[number].excluded
    for exclusion in old where exclusion.agent == agent || exclusion.until <= now {
      endExclusion(of: exclusion.agent, from: number)
    }
    let excluded = entries[number].excluded
    if excluded.count >= Self.excludedAgents,
      let first = excluded.min(by: { ($0.until, $0.agent) < ($1.until, $1.agent) })
    {
      endExclusion(of: first.agent, from: number)
    }
    addExclusion(RoutingExclusion(agent: agent, until: until), from: number)
    if let all = excluding[agent], all.count > Self.excludingEntries,
      let first = all.first(where: { $0.entry != number })
    {
      endExclusion(of: agent, from: first.entry)
    }
  }

  mutating func addExclusion(_ exclusion: RoutingExclusion, from number: Int) {
    entries[number].excluded.append(exclusion)
    let new = ExcludingEntry(until: exclusion.until, entry: number, tie: entries[number].tie)
    let index = excluding[exclusion.agent]?.firstIndex { new.precedes($0) }
    excluding[exclusion.agent, default: []].insert(
      new, at: index ?? excluding[exclusion.agent]?.count ?? 0)
  }

  private mutating func endExclusion(of agent: String, from number: Int) {
    entries[number].excluded.removeAll { $0.agent == agent }
    forgetExclusion(of: agent, number)
  }

  mutating func forgetExclusion(of agent: String, _ number: Int) {
    excluding[agent]?.removeAll { $0.entry == number }
    if excluding[agent]?.isEmpty == true { excluding[agent] = nil }
  }
}

/// An interaction that excludes an agent.
struct ExcludingEntry: Sendable {
  var until: Int64
  var entry: Int
  var tie: UInt64

  fileprivate func precedes(_ other: ExcludingEntry) -> Bool {
    until != other.until ? until < other.until : tie < other.tie
  }
}
