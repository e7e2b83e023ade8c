// Callers that add to counters, one at a time, and count what they were told.
import ActorCluster
import ClusterTestKit
import Foundation
import Synchronization
import Testing

/// Each acknowledged addition of one is counted: it must be in its counter once.
final class CountingCallers: Sendable {
  let counters: [String]
  private let system: ClusterSystem
  private let told = Mutex<[String: Int]>([:])
  private let longest = Mutex(Duration.zero)
  private let closed = Mutex(false)
  private let tasks = Mutex<[Task<Void, any Error>]>([])

  /// More counters than partitions reach every leader.
  init(_ system: ClusterSystem, counters count: Int, prefix: String = "counter-") {
    self.system = system
    counters = (0..<count).map { "\(prefix)\($0)" }
  }

  // MARK: adding

  /// Callers that go from counter to counter until `stop`.
  func start(_ count: Int, pause: Duration? = nil) {
    tasks.withLock { tasks in
      tasks += (0..<count).map { number in
        Task { [self] in
          var next = number
          while !closed.withLock({ $0 }) {
            try await add(counters[next % counters.count], within: .seconds(90))
            next += 5
            if let pause { try await Task.sleep(for: pause) }
          }
        }
      }
    }
  }

  /// Adds to all counters at once, again and again; returns when everything is acknowledged.
  func addToEach(rounds: Int = 1, within limit: Duration = .seconds(60)) async throws {
    for _ in 0..<rounds {
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for counter in counters { tasks.addTask { try await self.add(counter, within: limit) } }
        try await tasks.waitForAll()
      }
    }
  }

  private func add(_ counter: String, within limit: Duration) async throws {
    let begun = ContinuousClock.now
    try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: limit)) {
      _ = try await system.actor(Counter.self, counter).increment(1)
    }
    let pause = begun.duration(to: .now)
    longest.withLock { $0 = max($0, pause) }
    told.withLock { $0[counter, default: 0] += 1 }
  }

  /// Never by cancellation: a call that is given up may have had its effect all the same.
  func stop() async throws {
    closed.withLock { $0 = true }
    for task in tasks.withLock({ $0 }) { try await task.value }
  }

  // MARK: progress

  /// How often it was said of each counter that an addition is done.
  var acknowledged: [String: Int] { told.withLock { $0 } }
  var total: Int { acknowledged.values.reduce(0, +) }

  /// The longest that an addition took which was acknowledged since this was asked last.
  func takeLongestPause() -> Duration {
    longest.withLock { longest in
      defer { longest = .zero }
      return longest
    }
  }

  /// Until so many more are acknowledged.
  func waitForMore(_ count: Int, within limit: Duration = .seconds(60)) async throws {
    let target = total + count
    try await waitUntil("\(target) additions", within: limit) { $0.total >= target }
  }

  /// Until another addition to every counter is acknowledged.
  func goOn(
    within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = acknowledged
    try await waitUntil("callers go on with every counter", within: limit, sourceLocation: sourceLocation) {
      let now = $0.acknowledged
      return counters.allSatisfy { now[$0, default: 0] > before[$0, default: 0] }
    }
  }

  private func waitUntil(
    _ what: Comment, within limit: Duration, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: (CountingCallers) -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition(self) {
      try #require(
        ContinuousClock.now < deadline, "not within \(limit): \(what); \(total) are acknowledged",
        sourceLocation: sourceLocation)
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  // MARK: what is there

  func value(of counter: String) async throws -> CounterState.Value {
    try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(60))) {
      try await system.actor(Counter.self, counter).value(Done())
    }
  }

  /// Counters that have less than was acknowledged before, in words.
  func lost(of before: [String: Int]) async throws -> [String] {
    var lost: [String] = []
    for counter in counters {
      let value = try await value(of: counter).increments
      if value < before[counter, default: 0] {
        lost.append("\(counter): \(value) of \(before[counter, default: 0])")
      }
    }
    return lost
  }

  /// Everything acknowledged is there, once. Nobody may be adding.
  func check(_ words: Comment? = nil) async throws {
    for (counter, count) in acknowledged.sorted(by: { $0.key < $1.key }) {
      let value = try await value(of: counter)
      let found = "\(counter): \(value) of \(count)"
      #expect(value.increments == count && value.value == count, "\(found) \(words?.rawValue ?? "")")
    }
  }
}
