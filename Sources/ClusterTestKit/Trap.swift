// A durable actor for tests whose programming errors end the process that runs into them.
public import ActorCluster
import CBOR
public import Distributed
import Foundation

/// Traps where it is told to: while it decides, or, on nodes with `TRAP_ON_APPLY` in their environment, while it applies.
public distributed actor Trap: DurableActor {
  public typealias ActorSystem = ClusterSystem
  public typealias State = TrapState

  public static let actorType = "trap"
  public static let methods = MethodTable<TrapState>([
    .command("spring", TrapState.spring),
    .command("touch", TrapState.touch),
    .command("arm", TrapState.arm),
    .command("send", TrapState.send),
    .command("plant", TrapState.plant),
    .read("touched", TrapState.touched),
  ])

  /// Ends the process that decides it.
  public distributed func spring(_ nothing: Done) async throws -> Done { try noLocalInstance() }
  public distributed func touch(_ nothing: Done) async throws -> Done { try noLocalInstance() }
  /// Sets a timer that springs, and one that touches, after so many milliseconds.
  public distributed func arm(_ afterMilliseconds: Int) async throws -> Done { try noLocalInstance() }
  /// Sends a message that springs the other one, and then one that touches it.
  public distributed func send(_ to: String) async throws -> Done { try noLocalInstance() }
  /// Ends the processes that apply it, where the environment says so.
  public distributed func plant(_ nothing: Done) async throws -> Done { try noLocalInstance() }
  public distributed func touched(_ nothing: Done) async throws -> Int { try noLocalInstance() }
}

public struct TrapState: DurableState {
  public enum Event: Codable, Sendable {
    case touched
    case planted
  }

  public enum Refusal: Error, Codable, Equatable, Sendable {
    case never
  }

  private let id: String
  private var count = 0

  public init(id: String) {
    self.id = id
  }

  public init(id: String, rows: [StateRow]) throws {
    self.id = id
    for row in rows { count = try CBORDecoder().decode(Int.self, from: row.value) }
  }

  public mutating func apply(_ event: Event, at time: PartitionTime) -> Changes {
    switch event {
    case .touched:
      count += 1
    case .planted where ProcessInfo.processInfo.environment["TRAP_ON_APPLY"] != nil:
      count = Self.beyondTheEnd(count)
    case .planted:
      break
    }
    return Changes(rows: [.put(key: "", value: (try? CBOREncoder().encode(count)) ?? [])])
  }

  /// What a programming error looks like.
  private static func beyondTheEnd(_ index: Int) -> Int {
    let nothing: [Int] = []
    return nothing[index]
  }

  func spring(_ nothing: Done, _ context: DecisionContext) throws -> Decision<Event, Done> {
    Self.beyondTheEnd(count) == 0 ? Decision() : Decision([.touched])
  }

  func touch(_ nothing: Done, _ context: DecisionContext) throws -> Decision<Event, Done> {
    Decision([.touched])
  }

  func arm(_ after: Int, _ context: DecisionContext) throws -> Decision<Event, Done> {
    let due = context.now.advanced(byMilliseconds: Int64(after))
    return Decision(timers: [
      try .set(name: "1", at: due, method: "spring", argument: Done()),
      try .set(name: "2", at: due, method: "touch", argument: Done()),
    ])
  }

  func send(_ to: String, _ context: DecisionContext) throws -> Decision<Event, Done> {
    let other = ActorKey(type: Trap.actorType, id: to)
    return Decision(messages: [
      try DurableMessage(to: other, method: "spring", argument: Done()),
      try DurableMessage(to: other, method: "touch", argument: Done()),
    ])
  }

  func plant(_ nothing: Done, _ context: DecisionContext) throws -> Decision<Event, Done> {
    Decision([.planted])
  }

  func touched(_ nothing: Done, _ context: DecisionContext) throws -> Int { count }
}
