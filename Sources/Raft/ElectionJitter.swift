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

/// Election timeouts between once and twice the configured ticks, so that ties break.
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

  mutating func timeout(electionTicks: Int) -> Int {
    // The modulo bias of a 64-bit value over a few dozen ticks is beyond notice.
    electionTicks + Int(random.next() % UInt64(electionTicks))
  }
}
