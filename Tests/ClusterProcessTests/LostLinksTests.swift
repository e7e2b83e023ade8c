// 100,000 calls over links that are cut again and again: order, one answer each, and nothing left behind.
import ActorCluster
import ClusterTestKit
import Distributed
import Foundation
import PeerTransport
import Synchronization
import Testing

/// Keeps what it was told by each caller.
distributed actor Ledger: NodeActor {
  typealias ActorSystem = ClusterSystem

  struct Entry: Codable, Sendable {
    var caller: Int
    var number: Int
  }

  static let actorType = "ledger"
  static let methods: [NodeMethod<Ledger>] = [
    .method("add") { ledger, entry in ledger.add(entry) },
    .method("addSlowly") { ledger, entry in await ledger.addSlowly(entry) },
    .method("tell") { ledger, entry in ledger.tell(entry) },
  ]

  nonisolated var unownedExecutor: UnownedSerialExecutor { actorSystem.executor }

  private(set) var numbers: [Int: [Int]] = [:]

  init(actorSystem: ClusterSystem) {
    self.actorSystem = actorSystem
  }

  distributed func add(_ entry: Entry) -> Entry {
    numbers[entry.caller, default: []].append(entry.number)
    return entry
  }

  distributed func addSlowly(_ entry: Entry) async -> Entry {
    numbers[entry.caller, default: []].append(entry.number)
    try? await Task.sleep(for: .milliseconds(entry.number % 7))
    return entry
  }

  distributed func tell(_ entry: Entry) { numbers[entry.caller, default: []].append(entry.number) }
}

@Suite struct LostLinksTests {
  private static let callers = 50
  private static let callsEach = 2_000

  /// What one caller saw of its calls.
  private struct Seen: Sendable {
    var answered: [Int] = []
    /// Went out, and nobody knows.
    var unknown = 0
    var refused = 0
  }

  @Test(.timeLimit(.minutes(10)))
  func nothingIsLeftOfCallsWhoseLinksAreLost() async throws {
    try await withTwoSystems(nodeActors: [Ledger.self], window: 256 << 10) { north, south in
      let ledger = Ledger(actorSystem: north)
      let remote = try Ledger.resolve(id: ledger.id, using: south)
      let isDone = Mutex(false)
      let cuts = Task {
        var random = SplitMix64(seed: 20_261_122)
        var count = 0
        while !isDone.withLock({ $0 }) {
          try await Task.sleep(for: .milliseconds(100 + Int(random.next() % 150)))
          if random.chance(oneIn: 2) { south.cut(north.node) } else { north.cut(south.node) }
          count += 1
        }
        return count
      }
      let seen = try await withThrowingTaskGroup(of: (Int, Seen).self) { group in
        for caller in 0..<Self.callers {
          group.addTask { (caller, try await Self.call(remote, caller)) }
        }
        return try await group.reduce(into: [Int: Seen]()) { $0[$1.0] = $1.1 }
      }
      isDone.withLock { $0 = true }
      let count = try await cuts.value
      #expect(count > 5)
      try await whenConnected(south)
      try await expectIdle(north, south)

      let kept = try #require(await ledger.whenLocal { $0.numbers })
      var unknown = 0
      for (caller, seen) in seen {
        let numbers = kept[caller] ?? []
        // In the order of the calls, and none twice.
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "caller \(caller)")
        #expect(Set(seen.answered).isSubset(of: numbers), "caller \(caller)")
        // Each answer came to its own call.
        #expect(seen.answered == seen.answered.sorted() && Set(seen.answered).count == seen.answered.count)
        unknown += seen.unknown
      }
      let answered = seen.values.reduce(0) { $0 + $1.answered.count }
      #expect(unknown > 0)
      print(
        "\(answered) of \(Self.callers * Self.callsEach) calls answered, \(unknown) unknown, \(count) links cut"
      )
    }
  }

  /// So many calls that went out, one after the other; some of them cancelled, some short of time, some one-way.
  private static func call(_ remote: Ledger, _ caller: Int) async throws -> Seen {
    var random = SplitMix64(seed: UInt64(caller))
    var seen = Seen()
    for number in 0..<callsEach {
      let entry = Ledger.Entry(caller: caller, number: number)
      let way = random.next() % 20
      while true {
        do {
          switch way {
          case 0:
            let options = CallOptions(timeout: .milliseconds(3))
            let back = try await ClusterSystem.$callOptions.withValue(options) {
              try await remote.addSlowly(entry)
            }
            seen.answered.append(back.number)
          case 1:
            let task = Task { try await remote.addSlowly(entry) }
            if random.chance(oneIn: 2) { await Task.yield() }
            task.cancel()
            seen.answered.append(try await task.value.number)
          case 2:
            try await ClusterSystem.$callOptions.withValue(CallOptions(isOneWay: true)) {
              try await remote.tell(entry)
            }
            seen.unknown += 1
          case 3, 4: seen.answered.append(try await remote.addSlowly(entry).number)
          default: seen.answered.append(try await remote.add(entry).number)
          }
          break
        } catch ClusterError.unavailable(let reason, _) where reason.contains("is not connected") {
          try await Task.sleep(for: .milliseconds(5))
        } catch ClusterError.overloaded {
          seen.refused += 1
          try await Task.sleep(for: .milliseconds(5))
        } catch ClusterError.unavailable {
          seen.unknown += 1
          break
        }
      }
    }
    return seen
  }
}
