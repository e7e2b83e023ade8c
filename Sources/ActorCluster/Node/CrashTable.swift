// What nodes died of, as one node knows it: a pure value. Reports and the time in, verdicts out.
internal import CBOR
package import PeerTransport

/// Work that nodes have died of, with counts per node. Nodes tell each other in their pings; what two nodes know is merged
/// node by node, so that no order of pings and restarts counts a crash twice or loses one.
package struct CrashTable: Equatable, Sendable {
  package struct Count: Codable, Equatable, Sendable {
    package var node: NodeID
    package var crashes: Int

    package init(node: NodeID, crashes: Int) {
      self.node = node
      self.crashes = crashes
    }

    enum CodingKeys: Int, CodingKey {
      case node = 0
      case crashes = 1
    }
  }

  package struct Entry: Codable, Equatable, Sendable {
    package var key: CrashKey
    package var actor: String
    package var method: String
    /// In order of node.
    package var counts: [Count]
    /// Wall clock of the last crash on the node that had it, milliseconds: what is oldest goes first.
    package var at: Int64

    package init(key: CrashKey, actor: String, method: String, counts: [Count], at: Int64) {
      self.key = key
      self.actor = actor
      self.method = method
      self.counts = counts
      self.at = at
    }

    package var total: Int { counts.reduce(0) { $0 + min(max(0, $1.crashes), CrashTable.mostCounted) } }

    /// Bytes that it takes at most, encoded: numbers with their keys and heads, and the names.
    fileprivate var mostBytes: Int {
      counts.reduce(64 + actor.utf8.count + method.utf8.count) { $0 + 16 + $1.node.rawValue.utf8.count }
    }

    package func crashes(on node: NodeID) -> Int { counts.first { $0.node == node }?.crashes ?? 0 }

    enum CodingKeys: Int, CodingKey {
      case key = 0
      case actor = 1
      case method = 2
      case counts = 3
      case at = 4
    }
  }

  /// So many crashes are enough.
  package static let limit = 2
  /// Entries that are kept: all nodes keep the same ones, the newest.
  package static let capacity = 64
  /// What all of them may take, encoded: they are told in pings, and a longer one than a control frame may be is never sent.
  package static let mostBytes = 32 << 10
  /// Bytes of UTF-8 of a name, and counts of nodes, that an entry may have.
  private static let longestName = 320
  private static let mostNodes = 32
  private static let mostCounted = 1_000
  /// The year 10889.
  private static let latest: Int64 = 1 << 48

  /// Oldest first.
  package private(set) var entries: [Entry] = []

  package init(_ entries: [Entry] = []) { merge(entries) }

  package var isEmpty: Bool { entries.isEmpty }

  /// This node has died of it once more.
  package mutating func add(_ key: CrashKey, actor: String, method: String, on node: NodeID, at wall: Int64) {
    let before = entries.first { $0.key == key }?.crashes(on: node) ?? 0
    merge([
      Entry(
        key: key, actor: actor, method: method, counts: [Count(node: node, crashes: before + 1)], at: wall)
    ])
  }

  /// Takes in what another node knows.
  /// - Parameter own: of entries and rows that were fatal on this node its own file says how often: who removed that, because
  ///   another version can apply them, is not to be told by the others.
  /// - Returns: whether that was news.
  @discardableResult
  package mutating func merge(_ others: [Entry], exceptOf own: NodeID? = nil) -> Bool {
    let before = entries
    for other in others.prefix(Self.capacity) {
      var entry = other
      if let own, !other.key.isRefusable {
        entry.counts.removeAll { $0.node == own }
        if entry.counts.isEmpty { continue }
      }
      entry.actor = Self.bounded(other.actor)
      entry.method = Self.bounded(other.method)
      entry.at = min(max(0, other.at), Self.latest)
      if let known = entries.firstIndex(where: { $0.key == other.key }) {
        entry.counts += entries[known].counts
        entry.at = max(entry.at, entries[known].at)
        entries.remove(at: known)
      }
      entry.counts = Self.joined(entry.counts)
      entries.append(entry)
    }
    entries.sort { ($0.at, $0.key) < ($1.at, $1.key) }
    var (kept, bytes) = (0, 0)
    for entry in entries.reversed() {
      bytes += entry.mostBytes
      guard kept < Self.capacity, bytes <= Self.mostBytes else { break }
      kept += 1
    }
    entries.removeFirst(entries.count - kept)
    return entries != before
  }

  private static func bounded(_ name: String) -> String {
    guard name.utf8.count > longestName else { return name }
    var (end, bytes) = (name.startIndex, 0)
    while end < name.endIndex {
      bytes += name[end].utf8.count
      guard bytes <= longestName else { break }
      end = name.index(after: end)
    }
    return String(name[..<end])
  }

  private static func joined(_ counts: [Count]) -> [Count] {
    var most: [NodeID: Int] = [:]
    for count in counts { most[count.node] = max(most[count.node] ?? 0, min(count.crashes, mostCounted)) }
    return most.sorted { $0.key < $1.key }.prefix(mostNodes).map { Count(node: $0.key, crashes: $0.value) }
  }

  /// What must not be done on a node.
  ///
  /// What was fatal `limit` times, wherever, is refused everywhere; an entry or an actor's rows only where it was fatal as
  /// often, for every replica has to have them and another may cope.
  ///
  /// Once is not enough, but another node that is away may have died of it as well and cannot say so yet. So what is known
  /// to have been fatal once waits until all nodes are heard, or for `patience`.
  /// - Parameters:
  ///   - isWaiting: whether a node is away, and the entry is known for less than `patience`.
  package func verdicts(on node: NodeID, isWaiting: (CrashKey) -> Bool) -> PoisonVerdicts {
    var refused: [CrashKey: Int] = [:]
    var held: Set<CrashKey> = []
    for entry in entries {
      let count = entry.key.isRefusable ? entry.total : entry.crashes(on: node)
      if count >= Self.limit {
        refused[entry.key] = count
      } else if count > 0, entry.key.isRefusable, isWaiting(entry.key) {
        held.insert(entry.key)
      }
    }
    return PoisonVerdicts(refused: refused, held: held)
  }

  package static let patience: Int64 = 15_000
}
