// The node-bound actors of this system, and how their methods are started.
internal import CBOR
internal import Distributed
internal import NIOCore
internal import Synchronization

/// What became of a call when it was started.
enum StartedCall: Sendable {
  case ended(CallAnswer)
  /// It takes a task, to be begun at once; that calls its parameter exactly once.
  case waits(@Sendable (@escaping @Sendable (CallAnswer) -> Void) -> Task<Void, Never>)
}

/// A node-bound actor, erased.
final class NodeActorEntry: Sendable {
  /// On the actors' loop. `method` is a place in the methods of the type.
  typealias Start = @Sendable (_ method: Int, _ argument: ByteBuffer, _ trace: TraceContext?) -> StartedCall

  let id: NodeActorID
  let start: Start

  /// - Parameter loop: what `start` is called on.
  init<Act: NodeActor>(of actor: Act, _ id: NodeActorID, on loop: UnownedSerialExecutor) {
    self.id = id
    let starter = NodeActorStarter(actor, id: id, loop: loop)
    start = { starter.start($0, $1, $2) }
  }
}

/// The node-bound actors of this system that are alive.
struct NodeActorTable: Sendable {
  private var entries: [UInt64: NodeActorEntry] = [:]
  private var nextNumber: UInt64 = 1

  var count: Int { entries.count }

  mutating func makeNumber() -> UInt64 {
    defer { nextNumber += 1 }
    return nextNumber
  }

  mutating func insert(_ entry: NodeActorEntry) { entries[entry.id.number] = entry }
  mutating func remove(_ id: NodeActorID) { entries[id.number] = nil }

  func entry(_ number: UInt64) -> NodeActorEntry? { entries[number] }
}

/// What one actor has under way. Not within the generic class: its type would be looked up for every call.
private struct NodeActorLoad: Sendable {
  /// Tasks that were made and have not reached the actor: what comes later must not overtake them.
  var starting = 0
  var running = 0
  var runningBytes = 0
}

/// Starts the methods of one actor in the order of their calls.
final class NodeActorStarter<Act: NodeActor>: Sendable {
  /// Calls of one actor that may run at once: past it callers are told, so that a slow actor keeps no link busy.
  static var maximumRunning: Int { 1_000 }
  /// The same in bytes of arguments: a small part of a link's window. One call always may.
  static var maximumRunningBytes: Int { 2 << 20 }

  private weak let actor: Act?
  private let id: NodeActorID
  private let methods = Act.methods
  /// For each method that does not wait, what runs it on the actor that it is given. Erased, as looking up the generic types of a
  /// method takes as long as many a method.
  private let immediate: [(@Sendable (AnyObject, ByteBuffer, inout [UInt8]) throws -> Void)?]
  /// Whether the actor runs on the loop that `start` is called on.
  private let isOnLoop: Bool
  private let load = Mutex(NodeActorLoad())

  init(_ actor: Act, id: NodeActorID, loop: UnownedSerialExecutor) {
    self.actor = actor
    self.id = id
    isOnLoop = actor.unownedExecutor.isSame(as: loop)
    immediate = Act.methods.map { method in
      guard case .immediate(let body) = method.body else { return nil }
      // As `assumeIsolated` does it, without its check in release builds, which takes as long as a short method: it is used only
      // if the actor runs on the loop that `start` is called on, and only on the actor that this was made for.
      let run = unsafeBitCast(body, to: (@Sendable (Act, ByteBuffer, inout [UInt8]) throws -> Void).self)
      return { object, argument, reply in
        let actor = unsafeDowncast(object, to: Act.self)
        actor.assertIsolated()
        try run(actor, argument, &reply)
      }
    }
  }

  func start(_ method: Int, _ argument: ByteBuffer, _ trace: TraceContext?) -> StartedCall {
    guard let actor else { return .ended(.failed(.actorGone(id.description))) }
    if isOnLoop, let body = immediate[method], load.withLock({ $0.starting == 0 }) {
      return .ended(answer(actor, body, argument, trace))
    }
    let size = argument.readableBytes
    let isFree = load.withLock { load in
      guard
        load.running < Self.maximumRunning && load.runningBytes + size <= Self.maximumRunningBytes
          || load.running == 0
      else { return false }
      load.running += 1
      load.runningBytes += size
      load.starting += 1
      return true
    }
    guard isFree else {
      return .ended(
        .failed(.overloaded(what: "actor \(id) has too many calls under way", retryAfterMilliseconds: 50)))
    }
    let body = methods[method].body
    // A copy: the read buffer that it is a slice of would stay as long as the call.
    let argument = ByteBuffer(bytes: argument.readableBytesView)
    return .waits { onEnd in
      Task.immediate {
        let answer = await TraceContext.$current.withValue(trace) {
          await actor.whenLocal { await self.run($0, body, argument) }
        }
        self.load.withLock { load in
          load.running -= 1
          load.runningBytes -= size
        }
        onEnd(answer ?? .failed(.actorGone(self.id.description)))
      }
    }
  }

  private func run(_ actor: isolated Act, _ body: NodeMethod<Act>.Body, _ argument: ByteBuffer) async
    -> CallAnswer
  {
    load.withLock { $0.starting -= 1 }
    do {
      switch body {
      case .immediate(let body):
        var reply: [UInt8] = []
        try body(actor, argument, &reply)
        return .reply(reply)
      case .waiting(let body):
        return .reply(try await body(actor, argument))
      }
    } catch {
      return failure(error)
    }
  }

  /// On the actor's loop, where it runs.
  private func answer(
    _ actor: Act, _ body: (AnyObject, ByteBuffer, inout [UInt8]) throws -> Void, _ argument: ByteBuffer,
    _ trace: TraceContext?
  ) -> CallAnswer {
    do {
      var reply: [UInt8] = []
      if let trace {
        try TraceContext.$current.withValue(trace) { try body(actor, argument, &reply) }
      } else {
        try body(actor, argument, &reply)
      }
      return .reply(reply)
    } catch {
      return failure(error)
    }
  }

  private func failure(_ error: any Error) -> CallAnswer {
    switch error {
    case let error as UnreadableArgument: .failed(error.error)
    case let error as ClusterError: .failed(own(error))
    case let refusal as Act.Refusal:
      if let bytes = try? CBOREncoder().encode(refusal) {
        .refused(bytes)
      } else {
        .failed(.remoteFailure("a refusal of \(Act.actorType) cannot be encoded: \(refusal)"))
      }
    default: .failed(.remoteFailure("\(error)"))
    }
  }

  /// What a method throws of its own calls says nothing of what it did before them: "nothing was changed" would be a lie.
  private func own(_ error: ClusterError) -> ClusterError {
    switch error {
    case .invalidCall: error
    case _ where error.isRetryable:
      .unavailable(
        reason: "a call of \(Act.actorType) failed: \(error)",
        retryAfterMilliseconds: error.retryAfterMilliseconds ?? 100)
    default: .remoteFailure("\(error)")
    }
  }
}

extension UnownedSerialExecutor {
  /// Whether both are the same executor, by what they refer to.
  fileprivate func isSame(as other: UnownedSerialExecutor) -> Bool {
    withUnsafeBytes(of: self) { own in withUnsafeBytes(of: other) { own.elementsEqual($0) } }
  }
}
