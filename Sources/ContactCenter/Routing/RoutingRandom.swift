// Chance for the random strategies: whole numbers from a seed. Pure.

/// SplitMix64 from a place in its stream that a seed and a counter name.
struct RoutingRandom: Sendable {
  /// What 1 is among times that are drawn.
  static let unit: Int64 = 1 << 24

  private var state: UInt64

  init(seed: UInt64, counter: UInt64) {
    state = Self.mixed(seed) ^ Self.mixed(counter &* 0x9E37_79B9_7F4A_7C15)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  /// An exponentially distributed time with mean 1, in units of 1 / `unit`.
  ///
  /// Von Neumann's method, which compares and never computes a logarithm: of draws as long as they fall, an odd number makes the
  /// first one the fraction; an even number adds one to the whole part, and it begins anew.
  mutating func exponential() -> Int64 {
    var whole: Int64 = 0
    while true {
      let first = next()
      var (last, count) = (first, 1)
      while true {
        let following = next()
        guard following < last else { break }
        last = following
        count += 1
      }
      if count % 2 == 1 { return whole * Self.unit + Int64(first >> 40) }
      whole += 1
    }
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
