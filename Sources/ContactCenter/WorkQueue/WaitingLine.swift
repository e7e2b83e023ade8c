// The line: waiting entries by channel, priority and arrival. A pure value.
package import ActorCluster
package import DequeModule

/// Interactions that wait for an agent, in the order in which they are served: by channel; higher priority first,
/// then arrival, then id.
///
/// One sorted deque per channel and priority. New arrivals go to its end and the served leave from its front, both in
/// constant time; others (requeued, abandoned) are found by binary search and move the shorter side.
package struct WaitingLine: Equatable, Sendable {
  private var lanes: [[Deque<LinePosition>]]
  /// By channel.
  private var counts: [Int]
  /// All that wait.
  package private(set) var count = 0

  package init() {
    lanes = Array(
      repeating: Array(repeating: [], count: InputLimits.priorities.count), count: Channel.allCases.count)
    counts = Array(repeating: 0, count: Channel.allCases.count)
  }

  package mutating func insert(_ entry: QueueEntry) {
    let channel = Self.index(entry.channel)
    guard lanes[channel][Self.index(entry.priority)].insertSorted(entry.position) else { return }
    counts[channel] += 1
    count += 1
  }

  package mutating func remove(_ entry: QueueEntry) {
    let channel = Self.index(entry.channel)
    guard lanes[channel][Self.index(entry.priority)].removeSorted(entry.position) else { return }
    counts[channel] -= 1
    count -= 1
  }

  /// The ids of the next `count` entries of a channel.
  package func next(_ count: Int, of channel: Channel) -> [String] {
    var ids: [String] = []
    for lane in lanes[Self.index(channel)].reversed() where ids.count < count {
      ids += lane.prefix(count - ids.count).map(\.interaction)
    }
    return ids
  }

  package func count(of channel: Channel) -> Int { counts[Self.index(channel)] }

  /// The earliest arrival of all that wait.
  package var oldestArrival: PartitionTime? {
    lanes.joined().compactMap(\.first?.arrivedAt).min()
  }

  private static func index(_ channel: Channel) -> Int {
    switch channel {
    case .voice: 0
    case .email: 1
    case .chat: 2
    case .sms: 3
    case .social: 4
    case .wechat: 5
    case .callback: 6
    case .task: 7
    }
  }

  /// The lane of a priority; one that is out of range is served with the nearest.
  private static func index(_ priority: Int) -> Int {
    min(max(priority, InputLimits.priorities.lowerBound), InputLimits.priorities.upperBound)
  }
}

extension Deque where Element: Comparable {
  /// The first index whose element is not less than this one.
  private func lowerBound(_ element: Element) -> Int {
    if let last, last < element { return count }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Inserts in order. False if it is there already: it is not inserted again.
  @discardableResult
  package mutating func insertSorted(_ element: Element) -> Bool {
    let index = lowerBound(element)
    if index < count, self[index] == element { return false }
    insert(element, at: index)
    return true
  }

  /// Removes the element. False if it is not there.
  @discardableResult
  package mutating func removeSorted(_ element: Element) -> Bool {
    let index = lowerBound(element)
    guard index < count, self[index] == element else { return false }
    remove(at: index)
    return true
  }
}
