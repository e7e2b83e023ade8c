// What waits to be delivered to a receiver that may be away: a pure value.

/// In order, one at a time, again and again with growing pauses. When it is full, the oldest that waits is dropped and counted:
/// what happened last is what people need.
public struct DeliveryQueue<Item: Sendable>: Sendable {
  /// What came of an attempt.
  public enum Outcome: Equatable, Sendable {
    case delivered
    /// It may work later.
    case failed(String)
    /// The receiver will never take this one; others perhaps.
    case rejected(String)
  }

  public enum Step: Sendable {
    /// - Parameter dropped: how many before this one were.
    case deliver(Item, dropped: UInt64)
    /// Nothing before then, on the clock that `next` is given.
    case wait(until: Int64)
    case idle
  }

  public static var firstPause: Int64 { 1_000 }
  public static var longestPause: Int64 { 60_000 }

  public let limit: Int
  private var waiting: [Item] = []
  private var isUnderWay = false
  /// Of those before the first that waits.
  private var droppedBefore: UInt64 = 0
  private var failures = 0
  private var notBefore: Int64 = .min
  public private(set) var delivered: UInt64 = 0
  public private(set) var dropped: UInt64 = 0
  public private(set) var rejected: UInt64 = 0
  /// Why the last attempt did not work; nil after one that did.
  public private(set) var problem: String?

  /// - Parameter limit: how many may wait, at least 1.
  public init(limit: Int) {
    self.limit = max(1, limit)
  }

  public var count: Int { waiting.count }

  public mutating func add(_ item: Item) {
    waiting.append(item)
    // The one that is under way may be delivered already.
    let first = isUnderWay ? 1 : 0
    guard waiting.count > limit + first else { return }
    waiting.remove(at: first)
    dropped += 1
    droppedBefore += 1
  }

  /// - Parameter now: milliseconds on a clock that only runs forward.
  public mutating func next(at now: Int64) -> Step {
    guard let first = waiting.first, !isUnderWay else { return .idle }
    guard now >= notBefore else { return .wait(until: notBefore) }
    isUnderWay = true
    let dropped = droppedBefore
    // Said with this one; what is dropped from now on is said with the next.
    droppedBefore = 0
    saying = dropped
    return .deliver(first, dropped: dropped)
  }

  /// What the delivery under way says of drops, in case it fails.
  private var saying: UInt64 = 0

  /// The delivery that `next` asked for has ended.
  public mutating func ended(_ outcome: Outcome, at now: Int64) {
    guard isUnderWay else { return }
    isUnderWay = false
    switch outcome {
    case .delivered:
      waiting.removeFirst()
      delivered += 1
      failures = 0
      problem = nil
    case .rejected(let words):
      waiting.removeFirst()
      rejected += 1
      failures = 0
      problem = words
      droppedBefore += saying
    case .failed(let words):
      problem = words
      droppedBefore += saying
      notBefore = now + min(Self.firstPause << Int64(min(failures, 10)), Self.longestPause)
      failures += 1
    }
    saying = 0
  }
}
