// Where witnesses vote: pure.

extension ReplicaPlacement {
  /// Those that hold the state are placed as if there were nobody else. Witnesses take the votes that they leave: because they
  /// are too few, or stand on too few sites. In every partition there are fewer of them than of the others, so that every
  /// majority has somebody who holds the state, and no witness comes first.
  static func withWitnesses(
    partitions: Int, voters: Int, nodes: [Node], before: [[UInt64]]
  ) -> [[UInt64]] {
    let data = nodes.filter { !$0.isWitness }
    let witnesses = nodes.filter(\.isWitness).sorted { $0.number < $1.number }
    let wanted = max(1, min(voters, nodes.count))
    let sites = Set(data.map(site)).count
    let room = min(witnesses.count, (wanted - 1) / 2, max(0, wanted - sites))
    let holders = min(data.count, wanted - room)
    let placed = place(partitions: partitions, voters: holders, nodes: data, before: before)
    var loads: [UInt64: Int] = [:]
    return placed.indices.map { partition in
      var set = placed[partition]
      let known = before.indices.contains(partition) ? before[partition] : []
      for _ in 0..<min(room, max(0, holders - 1)) {
        func rank(_ node: Node) -> (Int, Int, Int, UInt64) {
          let conflicts = nodes.count { set.contains($0.number) && site($0) == site(node) }
          return (conflicts, known.contains(node.number) ? 0 : 1, loads[node.number, default: 0], node.number)
        }
        guard
          let best = witnesses.filter({ !set.contains($0.number) }).min(by: { rank($0) < rank($1) })
        else { break }
        set.append(best.number)
        loads[best.number, default: 0] += 1
      }
      return set
    }
  }

  private static func site(_ node: Node) -> String { node.site.map { "s\($0)" } ?? "n\(node.number)" }
}
