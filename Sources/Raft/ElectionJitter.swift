// The randomness of election timeouts, from a seed that is a parameter. A pure value.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Election timeouts that break ties.
struct ElectionJitter: Sendable {
  private var random: SplitMix64

  init(seed: UInt64, id: ReplicaID) {
    var mixer = SplitMix64(seed: id.rawValue)
    random = SplitMix64(seed: seed ^ mixer.next())
  }

  /// A number for this start.
  mutating func nonce() -> UInt64 {
    random.next()
  }

  /// How far apart the turns of two voters are: none where there are too few ticks to tell turns apart.
  static func turn(electionTicks: Int) -> Int { electionTicks / 5 }

  /// - Parameter campaigns: how often this replica has asked for an election since it last knew a leader. At first the voters take
  ///   turns (`Raft.turnTicks`), and a little randomness is enough. If that failed the next try comes soon, at a random time: the
  ///   leader is known to be gone, and only a tie is to be broken. If that failed as well, more patience may be needed.
  mutating func timeout(electionTicks: Int, after campaigns: Int) -> Int {
    let turn = Self.turn(electionTicks: electionTicks)
    if turn > 0, campaigns == 0 {
      // Not as soon as the first could be missed: the others heard the leader a moment later, and would refuse.
      let half = max(1, turn / 2)
      return electionTicks + half + below(half)
    }
    if turn > 0, campaigns == 1 { return electionTicks / 2 + below(electionTicks / 2) }
    return electionTicks + below(electionTicks)
  }

  private mutating func below(_ bound: Int) -> Int {
    // The modulo bias of a 64-bit value over a few dozen ticks is beyond notice.
    Int(random.next() % UInt64(bound))
  }
}
