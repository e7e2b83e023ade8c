// A seeded source of random numbers for the demo: the same seed gives the same day. Pure.
internal import Foundation

/// SplitMix64 (Steele, Lea, Flood 2014) with the few distributions that a day of calls needs.
package struct DemoRandom: RandomNumberGenerator, Equatable, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// Uniform in [0, 1), with 53 bits.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  package mutating func exponential(mean: Double) -> Double { -mean * log(1 - unit()) }

  /// - Parameters:
  ///   - mean: of the values themselves, not of their logarithms.
  ///   - spread: the standard deviation of their natural logarithms.
  package mutating func lognormal(mean: Double, spread: Double) -> Double {
    // Box–Muller; the second value is not kept, so that the sequence is easy to follow.
    let radius = sqrt(-2 * log(1 - unit()))
    let normal = radius * cos(2 * Double.pi * unit())
    return exp(log(mean) - spread * spread / 2 + spread * normal)
  }

  /// An index below `count`; 0 when `count` is not positive.
  package mutating func index(below count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &self) : 0
  }
}
