// Which nodes are killed when, from a seed. Pure.
internal import ClusterTestKit

/// One kill, and perhaps a second one shortly after, so that no majority is left for a moment. Times are milliseconds
/// from the start of the round.
package struct KillRound: Equatable, Sendable {
  package struct Kill: Equatable, Sendable {
    package var node: Int
    package var at: Int
    package var restartAt: Int
  }

  package var kills: [Kill]
}

/// Draws the rounds. In each, a random node is killed and started again at once or up to a second later; in one of
/// ten, another one is killed while the first may still be down.
package struct KillSchedule: Sendable {
  /// No round lasts longer: all nodes have been started again by then, in milliseconds.
  package static let longestRound = 1_500

  private let nodes: Int
  private var random: SplitMix64

  /// - Parameter nodes: at least one.
  package init(nodes: Int, seed: UInt64) {
    self.nodes = max(1, nodes)
    random = SplitMix64(seed: seed)
  }

  package mutating func next() -> KillRound {
    let first = Int(random.next() % UInt64(nodes))
    var kills = [KillRound.Kill(node: first, at: 0, restartAt: pause())]
    if nodes > 1, random.chance(oneIn: 10) {
      let second = (first + 1 + Int(random.next() % UInt64(nodes - 1))) % nodes
      let at = 50 + Int(random.next() % 450)
      kills.append(KillRound.Kill(node: second, at: at, restartAt: at + pause()))
    }
    return KillRound(kills: kills)
  }

  private mutating func pause() -> Int { random.chance(oneIn: 2) ? 0 : Int(random.next() % 1_000) }
}
