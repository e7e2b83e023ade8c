// Interactions come into line, move in it and leave it; and the answers of agents. Pure.

extension RoutingEngine {
  /// Puts an interaction in line, or back in line under a higher place number; one that is there under the same or a higher
  /// number stays as it is.
  public mutating func add(_ entry: RoutingEntry, now: Int64) -> [RoutingMatch] {
    if let known = entryNumbers[entry.interaction] {
      guard entries[known].entry.place < entry.place else { return [] }
      drop(known)
    }
    let queue = number(ofQueue: entry.queue)
    let credited = creditedArrival(entry, queue)
    place(
      insert(EntryRecord(entry, queue: queue, creditedArrival: credited, placedAt: now)), now: now)
    fillFreed(now: now)
    return takeMatches(now)
  }

  /// An interaction is no longer in line: it was abandoned or moved elsewhere. Whoever was asked to take it has room again.
  public mutating func remove(_ interaction: String, place: Int, now: Int64) -> [RoutingMatch] {
    guard let number = entryNumbers[interaction], entries[number].entry.place <= place else { return [] }
    drop(number)
    fillFreed(now: now)
    return takeMatches(now)
  }

  /// An agent took what it was asked to: it holds it now. Others who were asked have room again.
  public mutating func accept(
    _ interaction: String, place: Int, by agent: String, now: Int64
  ) -> [RoutingMatch] {
    guard let (number, taker) = asked(interaction, place, agent) else { return [] }
    let channel = entries[number].entry.channel
    unask(taker, number, channel)
    agents[taker].profile.load[channel] += 1
    drop(number)
    fillFreed(now: now)
    return takeMatches(now)
  }

  /// An agent did not take what it was asked to: the interaction is back at its place, unless it left meanwhile or others are still
  /// asked. The agent has room again.
  /// - Parameter exclusion: so long that agent is not asked again, in milliseconds; nil when it may be at once.
  public mutating func giveBack(
    _ interaction: String, place: Int, by agent: String, exclusion: Int64?, now: Int64
  ) -> [RoutingMatch] {
    guard let (number, taker) = asked(interaction, place, agent) else { return [] }
    if let exclusion { exclude(agent, from: number, until: now &+ max(0, exclusion), now: now) }
    // Who was asked for by name has been asked.
    if entries[number].entry.preferred == agent { entries[number].hasWaitedForPreferred = true }
    release(taker, number)
    noLonger(number, now: now)
    fillFreed(now: now)
    return takeMatches(now)
  }

  /// The numbers of both, if that agent was asked to take that interaction.
  private func asked(_ interaction: String, _ place: Int, _ agent: String) -> (entry: Int, agent: Int)? {
    guard let number = entryNumbers[interaction], let taker = agentNumbers[agent],
      entries[number].entry.place == place, entries[number].agents.contains(taker)
    else { return nil }
    return (number, taker)
  }

  /// One agent less is asked: others may ring instead. When none is left it is back in line.
  mutating func noLonger(_ number: Int, now: Int64) {
    guard entries[number].agents.isEmpty else { return ringLater(number, now: now) }
    given -= 1
    entries[number].state = .moving
    place(number, now: now)
  }

  // MARK: records

  mutating func insert(_ record: EntryRecord) -> Int {
    let number: Int
    let interaction = record.entry.interaction
    if let free = freeEntries.popLast() {
      number = free
      entries[number] = record
    } else {
      number = entries.count
      entries.append(record)
    }
    entryNumbers[interaction] = number
    return number
  }

  /// Takes it out of everything.
  mutating func drop(_ number: Int) {
    leave(number)
    remind(number, at: nil)
    for agent in entries[number].agents { release(agent, number) }
    for exclusion in entries[number].excluded { forgetExclusion(of: exclusion.agent, number) }
    if entries[number].state == .given { given -= 1 }
    entryNumbers[entries[number].entry.interaction] = nil
    entries[number] = .vacant
    freeEntries.append(number)
  }

  /// Its line has one less.
  mutating func leave(_ number: Int) {
    guard case .waiting(let line, let slot) = entries[number].state else { return }
    entries[number].state = .moving
    lines[line].waiting.remove(slot)
    if lines[line].waiting.isEmpty { tidy(line) }
  }

  /// Into the line that it belongs to now.
  mutating func replace(_ number: Int, now: Int64) {
    if case .waiting(let line, _) = entries[number].state, lines[line].key.preferred != nil,
      patience(of: number) <= now
    {
      entries[number].hasWaitedForPreferred = true
    }
    leave(number)
    place(number, now: now)
  }

  /// Until when it waits for its preferred agent alone.
  private func patience(of number: Int) -> Int64 {
    entries[number].entry.arrivedAt &+ queues[entries[number].queue].settings.patienceForPreferred
  }

  /// In the order in which they wait.
  func inOrder(_ numbers: [Int]) -> [Int] {
    let places = numbers.map { (place: entries[$0].position, number: $0) }
    return places.sorted { $0.place != $1.place ? $0.place < $1.place : $0.number < $1.number }.map(\.number)
  }

  // MARK: place

  /// Gives it to an agent, or puts it in line. It is in no line.
  mutating func place(_ number: Int, now: Int64) {
    entries[number].placedAt = now
    renewCredit(number)
    let (key, until) = key(of: number)
    var next = until
    for exclusion in entries[number].excluded where exclusion.until > now {
      next = min(next ?? .max, exclusion.until)
    }
    if let preferred = entries[number].entry.preferred, !entries[number].hasWaitedForPreferred {
      let agent = agentNumbers[preferred].flatMap { serves($0, key) ? $0 : nil }
      if let agent, hasRoom(agent, key.channel), !entries[number].excludes(preferred, at: now) {
        return give(number, to: agent, now: now)
      }
      let patience = patience(of: number)
      // Nobody waits for an agent who is not there, or who may not take it.
      if patience > now, agent != nil {
        var personal = key
        personal.preferred = preferred
        wait(number, in: line(personal))
        return remind(number, at: min(next ?? .max, patience))
      }
      entries[number].hasWaitedForPreferred = true
    }
    let line = line(key)
    if let agent = firstAgent(of: line, for: number, now: now) { return give(number, to: agent, now: now) }
    wait(number, in: line)
    remind(number, at: next)
  }

  /// The credit of the priority may have changed since it was placed.
  mutating func renewCredit(_ number: Int) {
    let credited = creditedArrival(entries[number].entry, entries[number].queue)
    entries[number].creditedArrival = credited
  }

  func creditedArrival(_ entry: RoutingEntry, _ queue: Int) -> Int64 {
    RoutingScore.creditedArrival(
      entry.arrivedAt, priority: entry.priority, credit: queues[queue].settings.priorityCredit)
  }

  mutating func wait(_ number: Int, in line: Int) {
    let slot = lines[line].waiting.insert(entries[number].position, number)
    entries[number].state = .waiting(line: line, slot: slot)
  }

  /// The line that an interaction belongs to since it was placed, and when that changes.
  func key(of number: Int) -> (key: LineRecord.Key, until: Int64?) {
    let queue = entries[number].queue
    let arrivedAt = entries[number].entry.arrivedAt
    let step = queues[queue].settings.step(after: entries[number].placedAt &- arrivedAt)
    var requirement = queues[queue].settings.requirement(of: step)
    if !queues[queue].asksAgentsAlone[step] {
      requirement = requirement.residual(
        customer: entries[number].entry.customer, situation: situation,
        interaction: entries[number].entry.attributes)
    }
    let priority = entries[number].entry.priority
    let isPrivileged = queues[queue].settings.reserve.map { priority >= $0.priority } ?? true
    return (
      LineRecord.Key(
        queue: queue, channel: entries[number].entry.channel, requirement: requirement,
        isPrivileged: isPrivileged),
      step < queues[queue].settings.relaxation.count
        ? arrivedAt &+ queues[queue].settings.relaxation[step].after : nil
    )
  }

  // MARK: lines

  /// The line of that key, made if it is not there.
  mutating func line(_ key: LineRecord.Key) -> Int {
    if let number = lineNumbers[key] { return number }
    let record = LineRecord(key, queues[key.queue].settings.strategy)
    let number: Int
    if let free = freeLines.popLast() {
      number = free
      lines[number] = record
    } else {
      number = lines.count
      lines.append(record)
    }
    lineNumbers[key] = number
    if let preferred = key.preferred {
      queues[key.queue].personalLines.append(number)
      personalLines[preferred, default: []].append(number)
      if let agent = agentNumbers[preferred] { join(agent, number) }
    } else {
      queues[key.queue].lines.append(number)
      for agent in queues[key.queue].members { join(agent, number) }
    }
    return number
  }

  /// Lets go of an empty line: a personal one at once, others when there is too much of them.
  private mutating func tidy(_ number: Int) {
    if memberships > keptMemberships || lines[number].key.preferred != nil { forget(number) }
  }

  private mutating func forget(_ number: Int) {
    let key = lines[number].key
    if let preferred = key.preferred {
      if let agent = agentNumbers[preferred] { quit(agent, number) }
      personalLines[preferred]?.removeAll { $0 == number }
      if personalLines[preferred]?.isEmpty == true { personalLines[preferred] = nil }
      queues[key.queue].personalLines.removeAll { $0 == number }
    } else {
      for agent in queues[key.queue].members { quit(agent, number) }
      queues[key.queue].lines.removeAll { $0 == number }
    }
    lineNumbers[key] = nil
    lines[number] = .vacant
    freeLines.append(number)
  }

  /// After a change of settings: everything that waits is placed anew, in order.
  mutating func replaceLines(of queue: Int, now: Int64) {
    let old = queues[queue].lines + queues[queue].personalLines
    let moved = old.flatMap { lines[$0].waiting.values }
    for line in old { forget(line) }
    for number in moved {
      entries[number].state = .moving
      renewCredit(number)
    }
    for number in inOrder(moved) {
      remind(number, at: nil)
      place(number, now: now)
    }
  }
}
