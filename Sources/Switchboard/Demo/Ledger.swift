// What the driver knows by itself, from the answers it got: the other side of the count. Pure.

/// The driver's own account of the day. It holds what was acknowledged and nothing else: what a node's files say is compared with
/// it afterwards. Times are real seconds since the driver's start.
package struct Ledger: Equatable, Sendable {
  /// An acceptance that was acknowledged: this agent has this interaction.
  package struct Answer: Equatable, Sendable {
    package var agent: String
    /// When the acknowledgment came: the agent holds it from here on, at the latest.
    package var since: Double
    /// When the completion was sent first: the agent holds it until here, at least.
    package var completionSent: Double?
    package var isClosed = false
  }

  /// What happened to an interaction, by its id.
  package struct Entry: Equatable, Sendable {
    /// The number of the call in the plan; nil for one that the driver does not know.
    package var call: Int?
    package var isAbandoned = false
    /// More than one is a broken promise.
    package var answers: [Answer] = []

    package var isOver: Bool { isAbandoned || (!answers.isEmpty && answers.allSatisfy(\.isClosed)) }
  }

  package private(set) var entries: [String: Entry] = [:]
  /// Calls whose creation was sent, and not acknowledged so far.
  package private(set) var unacknowledged: Set<Int> = []
  /// Commands that were given up without any acknowledgment, in words.
  package private(set) var givenUp: [String] = []
  /// Real seconds from sending a call to its offer, for calls that found an agent free.
  package private(set) var offerLatencies: [Double] = []
  /// Real seconds from an offer at the agent's desktop to the acknowledged acceptance.
  package private(set) var answerLatencies: [Double] = []
  /// Agents who were not ready for having missed offers, and came back.
  package private(set) var missedOffers = 0
  /// When calls were sent that found an agent free, and whose offer has not been seen.
  private var awaitingOffer: [String: Double] = [:]
  /// When the first offer of each interaction was seen.
  private var firstOffers: [String: Double] = [:]

  package init() {}

  // MARK: counts

  package var arrived: Int { entries.values.count { $0.call != nil } }
  package var answered: Int { entries.values.count { !$0.answers.isEmpty } }
  package var abandoned: Int { entries.values.count(where: \.isAbandoned) }
  package var talking: Int { entries.values.count { !$0.answers.isEmpty && !$0.isOver } }
  package var waiting: Int {
    entries.values.count { $0.call != nil && $0.answers.isEmpty && !$0.isAbandoned }
  }
  /// Calls that no agent has been offered so far, those not acknowledged included.
  package var awaitingFirstOffer: Int {
    entries.count { $0.value.call != nil && !$0.value.isOver && firstOffers[$0.key] == nil }
      + unacknowledged.count
  }
  /// Nothing is under way: every call that was sent is acknowledged and over.
  package var isSettled: Bool { unacknowledged.isEmpty && entries.values.allSatisfy(\.isOver) }

  package func hasAnswer(_ interaction: String) -> Bool { entries[interaction]?.answers.isEmpty == false }

  // MARK: what happens

  package mutating func sent(call: Int) { unacknowledged.insert(call) }

  /// - Parameter foundAgentFree: whether nobody waited and an agent was free when the call was sent, at `sentAt`.
  package mutating func created(call: Int, interaction: String, sentAt: Double, foundAgentFree: Bool) {
    unacknowledged.remove(call)
    entries[interaction, default: Entry()].call = call
    guard foundAgentFree else { return }
    if let offered = firstOffers[interaction] {
      offerLatencies.append(offered - sentAt)
    } else {
      awaitingOffer[interaction] = sentAt
    }
  }

  /// The first offer of an interaction reached its agent. It may come before the creation's acknowledgment.
  package mutating func offered(_ interaction: String, at time: Double) {
    guard firstOffers[interaction] == nil else { return }
    firstOffers[interaction] = time
    if let sentAt = awaitingOffer.removeValue(forKey: interaction) { offerLatencies.append(time - sentAt) }
  }

  /// - Parameter offeredAt: when the offer reached the agent's desktop, if that is to be measured.
  package mutating func accepted(
    _ interaction: String, by agent: String, at time: Double, offeredAt: Double? = nil
  ) {
    if let offeredAt { answerLatencies.append(time - offeredAt) }
    entries[interaction, default: Entry()].answers.append(Answer(agent: agent, since: time))
  }

  package mutating func completionSent(_ interaction: String, by agent: String, at time: Double) {
    change(interaction, agent) { $0.completionSent = $0.completionSent ?? time }
  }

  /// The completion, and what wrap-up there was, are acknowledged.
  package mutating func closed(_ interaction: String, by agent: String) {
    change(interaction, agent) { $0.isClosed = true }
  }

  package mutating func abandoned(_ interaction: String) {
    entries[interaction, default: Entry()].isAbandoned = true
  }

  package mutating func missedOffer() { missedOffers += 1 }

  package mutating func gaveUp(_ command: String) { givenUp.append(command) }

  private mutating func change(_ interaction: String, _ agent: String, _ body: (inout Answer) -> Void) {
    guard let index = entries[interaction]?.answers.firstIndex(where: { $0.agent == agent && !$0.isClosed })
    else {
      return
    }
    if var answer = entries[interaction]?.answers[index] {
      body(&answer)
      entries[interaction]?.answers[index] = answer
    }
  }

  // MARK: capacity

  /// For each agent the most calls that it certainly held at one time: from an acceptance's acknowledgment until the completion
  /// was sent. Agents in order of names.
  package var mostHeld: [(agent: String, calls: Int)] {
    var changes: [String: [(time: Double, change: Int)]] = [:]
    for entry in entries.values {
      for answer in entry.answers {
        changes[answer.agent, default: []].append((answer.since, 1))
        if let end = answer.completionSent { changes[answer.agent, default: []].append((end, -1)) }
      }
    }
    return changes.sorted { $0.key < $1.key }.map { agent, changes in
      var held = 0
      var most = 0
      // At one instant ends come first: then the calls were held one after the other.
      for change in changes.sorted(by: { ($0.time, $0.change) < ($1.time, $1.change) }) {
        held += change.change
        most = max(most, held)
      }
      return (agent, most)
    }
  }
}
