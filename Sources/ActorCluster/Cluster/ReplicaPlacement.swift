// Where the voters of all partitions should be: a pure function of the nodes and of where they are now.
internal import PlantedBugs

/// Puts the voters of each partition on different nodes, as far as that goes on different sites; every node has as many voters
/// as others, give or take one, and leads as many partitions. Where sites are of different sizes, that holds within each site.
/// What need not move stays.
package struct ReplicaPlacement {
  package struct Node: Equatable, Sendable {
    package var number: UInt64
    /// Nil: a site of its own.
    package var site: String?
    /// It may vote, and never leads.
    package var isWitness: Bool

    package init(number: UInt64, site: String? = nil, isWitness: Bool = false) {
      self.number = number
      self.site = site
      self.isWitness = isWitness
    }
  }

  /// In order of number.
  private let nodes: [Node]
  private let sites: [Int]
  /// By partition, the places of its voters in `nodes`.
  private var sets: [[Int]]
  private var loads: [Int]

  /// - Parameters:
  ///   - voters: so many in each partition, if there are as many nodes.
  ///   - before: the numbers of the nodes by partition, first the one that leads; may be shorter, and name nodes that are gone.
  /// - Returns: the same form.
  package static func place(
    partitions: Int, voters: Int, nodes: [Node], before: [[UInt64]] = []
  ) -> [[UInt64]] {
    guard !nodes.isEmpty, partitions > 0 else { return Array(repeating: [], count: max(0, partitions)) }
    if nodes.contains(where: \.isWitness) {
      return withWitnesses(partitions: partitions, voters: voters, nodes: nodes, before: before)
    }
    var placement = ReplicaPlacement(partitions, nodes.sorted { $0.number < $1.number }, before)
    placement.fill(upTo: max(1, min(voters, nodes.count)))
    placement.spreadOverSites()
    placement.balance()
    return placement.withLeaders(before)
  }

  private init(_ partitions: Int, _ nodes: [Node], _ before: [[UInt64]]) {
    self.nodes = nodes
    var names: [String] = []
    sites = nodes.map { node in
      let name = node.site.map { "s\($0)" } ?? "n\(node.number)"
      if let known = names.firstIndex(of: name) { return known }
      names.append(name)
      return names.count - 1
    }
    sets = (0..<partitions).map { partition in
      guard before.indices.contains(partition) else { return [] }
      var set: [Int] = []
      for number in before[partition] {
        if let place = nodes.firstIndex(where: { $0.number == number }), !set.contains(place) {
          set.append(place)
        }
      }
      return set
    }
    loads = Array(repeating: 0, count: nodes.count)
    for set in sets { for node in set { loads[node] += 1 } }
  }

  // MARK: voters

  /// Pairs of voters on one site that come with a node in the set.
  private func conflicts(_ node: Int, in set: [Int], without other: Int? = nil) -> Int {
    set.count { $0 != node && $0 != other && sites[$0] == sites[node] }
  }

  private mutating func fill(upTo count: Int) {
    for partition in sets.indices {
      while sets[partition].count > count {
        let set = sets[partition]
        // The leader last.
        guard
          let worst = set.max(by: { left, right in
            (conflicts(left, in: set), loads[left], left == set[0] ? 0 : 1, left)
              < (conflicts(right, in: set), loads[right], right == set[0] ? 0 : 1, right)
          })
        else { break }
        sets[partition].removeAll { $0 == worst }
        loads[worst] -= 1
      }
    }
    for partition in sets.indices {
      while sets[partition].count < count {
        let set = sets[partition]
        let free = nodes.indices.filter { !set.contains($0) || isPlanted(.placeTwoOnOneNode) }
        guard
          let best = free.min(by: { left, right in
            (conflicts(left, in: set), loads[left], left) < (conflicts(right, in: set), loads[right], right)
          })
        else { break }
        sets[partition].append(best)
        loads[best] += 1
      }
    }
  }

  private mutating func spreadOverSites() {
    for partition in sets.indices {
      while let move = bestSpreading(of: partition) { replace(move.from, with: move.to, in: partition) }
    }
  }

  private func bestSpreading(of partition: Int) -> (from: Int, to: Int)? {
    let set = sets[partition]
    var best: (gain: Int, load: Int, from: Int, to: Int)?
    for from in set where conflicts(from, in: set) > 0 {
      for to in nodes.indices where !set.contains(to) {
        let gain = conflicts(from, in: set) - conflicts(to, in: set, without: from)
        let load = loads[to] - loads[from]
        if gain > 0, best.map({ (-gain, load, from, to) < (-$0.gain, $0.load, $0.from, $0.to) }) ?? true {
          best = (gain, load, from, to)
        }
      }
    }
    return best.map { ($0.from, $0.to) }
  }

  /// One move after another from a node with more to one with at least two less. Each lowers the sum of the squares, so it ends.
  private mutating func balance() {
    while let move = nextMove() { replace(move.from, with: move.to, in: move.partition) }
  }

  private func nextMove() -> (partition: Int, from: Int, to: Int)? {
    let order = nodes.indices.sorted { (loads[$0], $0) < (loads[$1], $1) }
    for from in order.reversed() {
      for to in order {
        guard loads[from] - loads[to] >= 2 else { break }
        var fallback: Int?
        for partition in sets.indices {
          let set = sets[partition]
          guard set.contains(from), !set.contains(to),
            conflicts(to, in: set, without: from) <= conflicts(from, in: set)
          else { continue }
          // Rather one that it does not lead.
          if set[0] != from { return (partition, from, to) }
          fallback = fallback ?? partition
        }
        if let fallback { return (fallback, from, to) }
      }
    }
    return nil
  }

  private mutating func replace(_ old: Int, with new: Int, in partition: Int) {
    guard let place = sets[partition].firstIndex(of: old) else { return }
    sets[partition][place] = new
    loads[old] -= 1
    loads[new] += 1
  }

  // MARK: leaders

  private func withLeaders(_ before: [[UInt64]]) -> [[UInt64]] {
    var led = Array(repeating: 0, count: nodes.count)
    var leaders: [Int?] = sets.indices.map { partition in
      guard before.indices.contains(partition), let number = before[partition].first,
        let node = nodes.firstIndex(where: { $0.number == number }), sets[partition].contains(node)
      else { return nil }
      led[node] += 1
      return node
    }
    for partition in sets.indices where leaders[partition] == nil {
      guard let node = sets[partition].min(by: { (led[$0], $0) < (led[$1], $1) }) else { continue }
      leaders[partition] = node
      led[node] += 1
    }
    while let path = path(leaders, led) {
      for (partition, node) in path {
        if let old = leaders[partition] { led[old] -= 1 }
        leaders[partition] = node
        led[node] += 1
      }
    }
    return sets.indices.map { partition in
      let leader = leaders[partition]
      let rest = sets[partition].filter { $0 != leader }.sorted()
      return ([leader].compactMap(\.self) + rest).map { nodes[$0].number }
    }
  }

  /// Handing these partitions on takes one from a node that leads the most to one that leads at least two less.
  private func path(_ leaders: [Int?], _ led: [Int]) -> [(partition: Int, to: Int)]? {
    for start in nodes.indices.sorted(by: { (led[$1], $0) < (led[$0], $1) }) {
      var came: [Int: (partition: Int, from: Int)] = [:]
      var queue = [start]
      var next = 0
      while next < queue.count {
        let from = queue[next]
        next += 1
        for partition in sets.indices where leaders[partition] == from {
          for to in sets[partition] where to != start && came[to] == nil {
            came[to] = (partition, from)
            queue.append(to)
            guard led[start] - led[to] >= 2 else { continue }
            var path: [(Int, Int)] = []
            var node = to
            while node != start, let step = came[node] {
              path.append((step.partition, node))
              node = step.from
            }
            return path
          }
        }
      }
    }
    return nil
  }
}
