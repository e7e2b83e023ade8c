// How long clients wait for an answer, so that about a given share of outcomes is unknown. Pure.
internal import ClusterTestKit

/// Most clients give up early, some wait for the next leader. How early is adjusted after each kill: how many calls a kill
/// leaves open depends on the machine. The effect of a call that was given up may still come, at any time.
package struct Patience: Sendable {
  /// One call of eight waits this long, in milliseconds: long enough for an election.
  package static let patient = 400
  /// Clients never wait longer, in milliseconds.
  package static let longest = 1_500
  package static let shortest = 10

  private let target: Double
  private var random: SplitMix64
  /// What the other calls wait, in milliseconds.
  package private(set) var short: Double
  package private(set) var least: Double
  package private(set) var most: Double

  /// - Parameters:
  ///   - start: the first guess, in milliseconds.
  ///   - target: the wanted share of unknown outcomes; nil to keep to `start`.
  package init(start: Int, target: Double?, seed: UInt64) {
    short = Double(start)
    least = short
    most = short
    self.target = target ?? -1
    random = SplitMix64(seed: seed)
  }

  /// How long the next call waits, in milliseconds.
  package mutating func next() -> Int {
    random.chance(oneIn: 8) ? max(Self.patient, Int(short)) : max(1, Int(short.rounded()))
  }

  /// How long a client rests after outcomes that it does not know, in milliseconds: as the cluster asks it to, longer each
  /// time, so that a cluster without a majority is not asked over and over.
  /// - Parameter unknowns: how many there were in a row.
  package mutating func rest(after unknowns: Int) -> Int {
    guard unknowns > 0 else { return 0 }
    let most = min(1_000, 50 << min(unknowns, 5))
    return most / 2 + Int(random.next() % UInt64(most / 2))
  }

  /// - Parameter unknown: the share of all outcomes up to now.
  package mutating func adjust(unknown: Double) {
    guard target >= 0 else { return }
    if unknown < 0.9 * target { short *= 0.85 }
    if unknown > 1.1 * target { short *= 1.2 }
    short = min(Double(Self.longest), max(Double(Self.shortest), short))
    least = min(least, short)
    most = max(most, short)
  }
}
