// Linearizable reads: confirming that this replica was the leader after a read was asked for
// (dissertation, 6.4). No clock is involved.

import DequeModule
internal import PlantedBugs

/// Reads that wait. A pure value; what followers have echoed is in their `Progress`.
struct ReadQueue: Sendable {
  /// The last round that was broadcast. Every append and heartbeat carries it.
  private(set) var round: UInt64 = 0
  private(set) var failed: [ReadToken] = []

  private var waiting = Deque<(token: ReadToken, round: UInt64)>()
  private var lastToken: UInt64 = 0

  var count: Int { waiting.count }

  /// The read belongs to the next round: one that starts after it.
  mutating func add() -> ReadToken {
    lastToken += 1
    let token = ReadToken(rawValue: lastToken)
    waiting.append((token, round + 1))
    return token
  }

  /// Starts the next round if a read waits for it. True if it has to be broadcast.
  mutating func startRound() -> Bool {
    guard let last = waiting.last, last.round > round else { return false }
    round += 1
    return true
  }

  mutating func takeConfirmed(upTo round: UInt64) -> [ReadToken] {
    var tokens: [ReadToken] = []
    while let first = waiting.first, first.round <= round {
      tokens.append(first.token)
      waiting.removeFirst()
    }
    return tokens
  }

  mutating func failAll() {
    failed.append(contentsOf: waiting.map(\.token))
    waiting.removeAll()
  }

  mutating func takeFailed() -> [ReadToken] {
    defer { failed.removeAll() }
    return failed
  }
}

extension Raft {
  /// Asks for proof of leadership for a read. `readConfirmed` follows when a majority has answered
  /// a round that started after this call and an entry of this term is committed; `readFailed` if
  /// leadership is lost before. All reads of one drain share one round.
  ///
  /// A confirmed read sees all that was committed when it was asked for, provided that the host also
  /// waits for what its answer depends on: it answers from decided state.
  ///
  /// - Throws: `notLeader`, `witnessLeads`, or `overloaded` past `maxPendingReads`.
  public mutating func requestRead() throws(ProposalError) -> ReadToken {
    try checkLeading()
    guard reads.count < configuration.maxPendingReads else { throw .overloaded }
    return reads.add()
  }

  mutating func startReadRound() {
    guard role == .leader, reads.startRound() else { return }
    for position in peers.indices {
      peers[position].owesRound = true
    }
  }

  mutating func takeConfirmedReads() -> [ReadToken] {
    guard role == .leader, reads.count > 0, hasCommittedInTerm else { return [] }
    let round = log.quorum.reached { replica in
      replica == id || isPlanted(.readFromDeposed) ? reads.round : progress(of: replica)?.round ?? 0
    }
    return reads.takeConfirmed(upTo: round)
  }
}
