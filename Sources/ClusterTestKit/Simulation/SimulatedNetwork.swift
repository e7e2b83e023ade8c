// The links between simulated nodes: who reaches whom, how fast, how badly. A value.

/// Directed links with faults that end by themselves.
package struct SimulatedNetwork {
  package struct Quality {
    /// Microseconds one way: the least, and how much more it may be.
    package var delay: Int64 = 150
    package var jitter: UInt64 = 400
    /// Of a million packets.
    package var lost: UInt64 = 200
    package var duplicated: UInt64 = 200
    /// Of a million packets: they take up to a hundred times as long.
    package var reordered: UInt64 = 1_000
    /// Microseconds that a packet occupies the link.
    package var occupancy: Int64 = 0
  }

  /// What becomes of a packet: when copies of it arrive, in microseconds from now.
  package enum Fate {
    case lost
    case arrives(Int64)
    case arrivesTwice(Int64, Int64)
  }

  private let nodes: Int
  private var cut: [Int]
  package var quality = Quality()
  private var busyUntil: [Int64]
  /// Counts the connections of each link: what is under way on one is lost with it.
  private var connections: [UInt64]

  package init(nodes: Int) {
    self.nodes = nodes
    cut = Array(repeating: 0, count: nodes * nodes)
    busyUntil = Array(repeating: 0, count: nodes * nodes)
    connections = Array(repeating: 0, count: nodes * nodes)
  }

  package func connection(_ from: Int, _ to: Int) -> UInt64 { connections[from * nodes + to] }

  /// The two connect anew.
  package mutating func connect(_ one: Int, _ other: Int) {
    connections[one * nodes + other] += 1
    connections[other * nodes + one] += 1
  }

  package func reaches(_ from: Int, _ to: Int) -> Bool { cut[from * nodes + to] == 0 }

  /// Cuts or mends one direction; cuts add up.
  package mutating func cut(_ from: Int, _ to: Int, _ isCut: Bool) {
    cut[from * nodes + to] += isCut ? 1 : -1
  }

  package mutating func healAll() {
    cut = cut.map { _ in 0 }
    quality = Quality()
    quality.lost = 0
    quality.duplicated = 0
    quality.reordered = 0
  }

  package mutating func fate(
    from: Int, to: Int, now: Int64, _ random: inout SplitMix64
  ) -> Fate {
    guard reaches(from, to) else { return .lost }
    let draw = random.next() % 1_000_000
    if draw < quality.lost { return .lost }
    var delay = quality.delay + Int64(random.next() % (quality.jitter + 1))
    if quality.occupancy > 0 {
      let link = from * nodes + to
      busyUntil[link] = max(busyUntil[link], now) + quality.occupancy
      delay += busyUntil[link] - now
    }
    if random.next() % 1_000_000 < quality.reordered { delay += Int64(random.next() % 50_000) }
    if random.next() % 1_000_000 < quality.duplicated {
      return .arrivesTwice(delay, delay + Int64(random.next() % 20_000))
    }
    return .arrives(delay)
  }
}
