// Node-bound actors over real links: called from another system in order, cancelled, watched, gone with their incarnation.
import ActorCluster
import ClusterTestKit
import Distributed
import Foundation
import Testing

distributed actor Recorder: NodeActor {
  typealias ActorSystem = ClusterSystem

  struct Refusal: Error, Codable, Equatable {
    var words: String
  }

  static let actorType = "recorder"
  static let methods: [NodeMethod<Recorder>] = [
    .method("record") { recorder, number in recorder.record(number) },
    .method("recordLater") { recorder, number in try await recorder.recordLater(number) },
    .method("refuse") { recorder, words in try recorder.refuse(words) },
    .method("fail") { recorder, words in try recorder.fail(words) },
    .method("sleep") { recorder, milliseconds in await recorder.sleep(milliseconds) },
    .method("note") { recorder, number in recorder.note(number) },
    .method("trace") { recorder, nothing in recorder.trace(nothing) },
    .method("patience") { recorder, nothing in recorder.patience(nothing) },
    .method("patienceLater") { recorder, nothing in try await recorder.patienceLater(nothing) },
    .method("relay") { recorder, words in try recorder.relay(words) },
    .method("newer", version: 2) { recorder, number in recorder.newer(number) },
  ]

  nonisolated var unownedExecutor: UnownedSerialExecutor { actorSystem.executor }

  private(set) var seen: [Int] = []
  private(set) var cancelled = 0

  init(actorSystem: ClusterSystem) {
    self.actorSystem = actorSystem
  }

  distributed func record(_ number: Int) -> [Int] {
    seen.append(number)
    return seen
  }

  /// Is in the list before anything that is called after it.
  distributed func recordLater(_ number: Int) async throws -> Int {
    seen.append(number)
    try await Task.sleep(for: .milliseconds(1))
    return number
  }

  distributed func refuse(_ words: String) throws -> Done { throw Refusal(words: words) }

  distributed func fail(_ words: String) throws -> Done { throw ClusterError.invalidCall(words) }

  distributed func sleep(_ milliseconds: Int) async -> Done {
    do {
      try await Task.sleep(for: .milliseconds(milliseconds))
    } catch {
      cancelled += 1
    }
    return Done()
  }

  distributed func note(_ number: Int) { seen.append(number) }

  distributed func trace(_ nothing: Done) -> String { TraceContext.current?.description ?? "none" }

  /// How long a call of its own would take at most, in milliseconds.
  distributed func patience(_ nothing: Done) -> Int {
    Int(ClusterSystem.callOptions.timeout / .milliseconds(1))
  }

  distributed func patienceLater(_ nothing: Done) async throws -> Int {
    await Task.yield()
    return Int(ClusterSystem.callOptions.timeout / .milliseconds(1))
  }

  /// Throws what a call of its own might have thrown.
  distributed func relay(_ words: String) throws -> Done {
    seen.append(0)
    throw ClusterError.overloaded(what: words, retryAfterMilliseconds: 7)
  }

  distributed func newer(_ number: Int) -> Int { number }

  /// Not in the table: the wire cannot reach it.
  distributed func hidden(_ nothing: Done) async throws -> Done { nothing }
}

/// The same actor as an older version of the software has it.
distributed actor OlderRecorder: NodeActor {
  typealias ActorSystem = ClusterSystem

  static let actorType = "recorder"
  static let methods: [NodeMethod<OlderRecorder>] = [
    .method("newer") { recorder, number in recorder.newer(number) },
    .method("record") { recorder, number in recorder.record(number) },
  ]

  distributed func newer(_ number: Int) -> Int { number }
  distributed func record(_ number: Int) -> [Int] { [number] }
}

@Suite struct NodeActorTests {
  @Test(.timeLimit(.minutes(1)))
  func callsReachAnActorOfAnotherNode() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let remote = try Recorder.resolve(id: recorder.id, using: south)
      for number in 0...100 {
        let seen = try await remote.record(number)
        #expect(seen == Array(0...number))
      }
      #expect(try await Recorder.resolve(id: recorder.id, using: north).record(101) == Array(0...101))
      await #expect(throws: ClusterError.invalidCall("so")) { try await remote.fail("so") }
      await #expect(throws: Recorder.Refusal(words: "no")) { try await remote.refuse("no") }
      await #expect(throws: ClusterError.unknownMethod(type: "recorder", method: "hidden")) {
        try await remote.hidden(Done())
      }
      north.resignID(recorder.id)
      await #expect(throws: ClusterError.actorGone("recorder/\(number(of: recorder.id))")) {
        try await remote.record(1)
      }
      #expect(north.callStatistics().deadLetters == [.goneActor: 1])
      await south.stop()
      await north.stop()
      await #expect(throws: ClusterError.shuttingDown) { try await remote.record(1) }
    }
  }

  /// Methods that wait and methods that do not, from one caller: begun in the order in which they were called.
  @Test(.timeLimit(.minutes(1)))
  func callsOfOneCallerBeginInOrder() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let remote = try Recorder.resolve(id: recorder.id, using: south)
      try await withThrowingTaskGroup { group in
        for number in 0..<900 {
          // Each begins before the next is made, and none waits for another's answer.
          group.addImmediateTask(executorPreference: south.taskExecutor) {
            switch number % 3 {
            case 0: _ = try await remote.recordLater(number)
            case 1:
              try await ClusterSystem.$callOptions.withValue(CallOptions(isOneWay: true)) {
                try await remote.note(number)
              }
            default: _ = try await remote.record(number)
            }
          }
        }
        try await group.waitForAll()
      }
      let seen = try await remote.record(900)
      #expect(seen == Array(0...900))
      try await expectIdle(north, south)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func nobodyWorksForCallersThatAreGone() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let remote = try Recorder.resolve(id: recorder.id, using: south)
      // Its time is over.
      let start = ContinuousClock.now
      let late = Task {
        try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(1))) {
          try await remote.sleep(20_000)
        }
      }
      while north.callStatistics().running < 1 { try await Task.sleep(for: .milliseconds(1)) }
      await #expect(throws: ClusterError.self) { try await late.value }
      try await expectIdle(north, south)
      // Its task was cancelled.
      let task = Task { try await remote.sleep(20_000) }
      while north.callStatistics().running < 1 { try await Task.sleep(for: .milliseconds(1)) }
      task.cancel()
      await #expect(throws: ClusterError.self) { try await task.value }
      try await expectIdle(north, south)
      // Its link is lost.
      let lost = Task { try await remote.sleep(20_000) }
      while north.callStatistics().running < 1 { try await Task.sleep(for: .milliseconds(1)) }
      south.cut(north.node)
      await #expect(throws: ClusterError.self) { try await lost.value }
      try await expectIdle(north, south)
      #expect(ContinuousClock.now - start < .seconds(20))
      #expect(await recorder.whenLocal { $0.cancelled } == 3)
    }
  }

  /// A call within one system ends as one over a link does.
  @Test(.timeLimit(.minutes(1)))
  func localCallsHaveTheSameEnds() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let local = try Recorder.resolve(id: recorder.id, using: north)
      await #expect(throws: ClusterError.self) {
        try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .milliseconds(50))) {
          try await local.sleep(20_000)
        }
      }
      let task = Task { try await local.sleep(20_000) }
      while north.callStatistics().kept < 1 { try await Task.sleep(for: .milliseconds(1)) }
      task.cancel()
      await #expect(throws: ClusterError.self) { try await task.value }
      try await ClusterSystem.$callOptions.withValue(CallOptions(isOneWay: true)) { try await local.note(7) }
      #expect(try await local.record(8) == [7, 8])
      try await expectIdle(north, south)
    }
  }

  /// "Nothing was changed" is what the cluster says of calls that it did not begin, not what a method says of its own.
  @Test(.timeLimit(.minutes(1)))
  func aMethodDoesNotSpeakForTheCluster() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let remote = try Recorder.resolve(id: recorder.id, using: south)
      let error = await #expect(throws: ClusterError.self) { try await remote.relay("a link") }
      guard case .unavailable(_, 7) = error else {
        Issue.record("it said \(String(describing: error))")
        return
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func traceTravels() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let remote = try Recorder.resolve(id: Recorder(actorSystem: north).id, using: south)
      _ = remote
      let recorder = Recorder(actorSystem: north)
      let other = try Recorder.resolve(id: recorder.id, using: south)
      #expect(try await other.trace(Done()) == "none")
      let trace = TraceContext(traceHigh: 1, traceLow: 2, span: 3, flags: 1)
      let seen = try await TraceContext.$current.withValue(trace) { try await other.trace(Done()) }
      #expect(seen == trace.description)
    }
  }

  /// A method whose version was raised is refused before anything goes out; the others work.
  @Test(.timeLimit(.minutes(1)))
  func versionsAgreeMethodByMethod() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let old = try OlderRecorder.resolve(id: recorder.id, using: south)
      #expect(try await old.record(7) == [7])
      await #expect(throws: ClusterError.incompatibleMethod(type: "recorder", method: "newer")) {
        try await old.newer(7)
      }
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func theEndOfAnActorIsHeard() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let id = recorder.id
      async let here = north.end(of: id)
      async let there = south.end(of: id)
      while north.callStatistics().watchedByOthers < 1 || north.callStatistics().watches < 1 {
        try await Task.sleep(for: .milliseconds(1))
      }
      // A lost link is no end: the watch goes on over the next.
      let link = north.callStatistics().credit.first?.link
      south.cut(north.node)
      while north.callStatistics().credit.first?.link ?? link == link
        || north.callStatistics().watchedByOthers < 1
      {
        try await Task.sleep(for: .milliseconds(1))
      }
      north.resignID(id)
      #expect(try await (here, there) == (.resigned, .resigned))
      // Gone already, and watched by a task that stops to wait.
      #expect(try await south.end(of: id) == .resigned)
      let other = Recorder(actorSystem: north)
      let task = Task { [id = other.id] in try await south.end(of: id) }
      while north.callStatistics().watchedByOthers < 1 { try await Task.sleep(for: .milliseconds(1)) }
      task.cancel()
      #expect(try await task.value == .stopped)
      #expect(south.callStatistics().watches == 0)
    }
  }

  /// Tasks that never rest on a system's executor leave its links their turn.
  @Test(.timeLimit(.minutes(1)))
  func tasksOfTheLoopLeaveTheLinksTheirTurn() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let far = try Recorder.resolve(id: recorder.id, using: south)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask(executorPreference: north.taskExecutor) {
            while !Task.isCancelled { await Task.yield() }
          }
        }
        for number in 0..<20 { #expect(try await far.record(number).count == number + 1) }
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  /// A caller's command id and deadline are for its call, not for those that the callee makes.
  @Test(.timeLimit(.minutes(1)))
  func theOptionsOfACallEndWithIt() async throws {
    try await withTwoSystems(nodeActors: [Recorder.self]) { north, south in
      let recorder = Recorder(actorSystem: north)
      let usual = Int(CallOptions().timeout / .milliseconds(1))
      for system in [north, south] {
        let reference = try Recorder.resolve(id: recorder.id, using: system)
        let task = Task(executorPreference: system.taskExecutor) {
          try await ClusterSystem.$callOptions.withValue(CallOptions(timeout: .seconds(77))) {
            (try await reference.patience(Done()), try await reference.patienceLater(Done()))
          }
        }
        let (short, long) = try await task.value
        #expect(short == usual && long == usual, "called by \(system.node)")
      }
    }
  }

  private func number(of id: ActorID) -> UInt64 {
    if case .nodeBound(let id) = id { id.number } else { 0 }
  }
}
