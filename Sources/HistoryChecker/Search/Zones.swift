// Finds small parts of a register's history that look wrong, before the whole is searched. Pure.

/// The zone of a value is where the register must hold it: from the first end of its operations to the last invocation. Two
/// values cannot have zones that overlap, and a value whose operations all touch one moment cannot have that moment
/// within another's zone (Gibbons and Korach, "Testing Shared Memories", 1997). As with `Suspects`, these rules only
/// propose parts, and each part is searched.
enum Zones {
  private static let limit = 8

  private struct Zone {
    var members: [Int]
    var left: Int
    var right: Int
    /// Whether the register must hold the value from `left` to `right`; if not, at some moment between them.
    var isForward: Bool
  }

  /// Parts that look wrong, given the groups of operations that belong to the same values.
  static func parts(_ operations: [Operation], groups: [[Int]]) -> [[Operation]] {
    var zones = groups.compactMap { zone($0, operations) }
    zones.sort { ($0.left, $0.right) < ($1.left, $1.right) }
    var found: [[Int]] = []
    var longest: Zone?
    for zone in zones {
      if let longest, longest.right > (zone.isForward ? zone.left : zone.right) {
        found.append(longest.members + zone.members)
        if found.count >= limit { break }
      }
      if zone.isForward, zone.right > longest?.right ?? Int.min { longest = zone }
    }
    return found.map { $0.sorted().map { operations[$0] } }
  }

  private static func zone(_ members: [Int], _ operations: [Operation]) -> Zone? {
    var end = Int.max
    var begin = Int.min
    for member in members {
      guard let completed = operations[member].completed else { continue }
      end = min(end, completed.position)
      begin = max(begin, operations[member].invoked.position)
    }
    guard end < Int.max else { return nil }
    return Zone(members: members, left: min(end, begin), right: max(end, begin), isForward: end < begin)
  }
}
