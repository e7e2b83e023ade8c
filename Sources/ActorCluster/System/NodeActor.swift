// Actors that live on one node: ordinary distributed actors, called through a table.
internal import CBOR
public import Distributed

/// A distributed actor bound to one incarnation of its node (a desktop's session, a channel's adapter).
///
/// For calls to start in the order in which they came, declare
/// `nonisolated var unownedExecutor: UnownedSerialExecutor { actorSystem.executor }`.
public protocol NodeActor: DistributedActor where ActorSystem == ClusterSystem, ID == ActorID {
  /// The stable name of the type on the wire.
  static var actorType: String { get }
  static var methods: [NodeMethod<Self>] { get }
}

/// A method of a node-bound actor that the wire may call.
public struct NodeMethod<Act: NodeActor>: Sendable {
  public let name: String
  let call: @Sendable (Act, [UInt8]) async throws -> [UInt8]

  public static func method<Argument: Codable & Sendable, Reply: Codable & Sendable>(
    _ name: String, _ body: @escaping @Sendable (Act, Argument) async throws -> Reply
  ) -> NodeMethod {
    NodeMethod(name: name) { actor, bytes in
      let argument: Argument
      do {
        argument = try CBORDecoder().decode(Argument.self, from: bytes)
      } catch {
        throw ClusterError.malformedArgument(type: Act.actorType, method: name, detail: "\(error)")
      }
      return try CBOREncoder().encode(try await body(actor, argument))
    }
  }
}

/// The node-bound actors of this node that are alive.
struct NodeActorTable: Sendable {
  typealias Call = @Sendable (String, [UInt8]) async -> CallAnswer

  private var calls: [NodeActorID: Call] = [:]
  private var nextNumber: UInt64 = 1

  mutating func makeNumber() -> UInt64 {
    defer { nextNumber += 1 }
    return nextNumber
  }

  mutating func insert<Act: NodeActor>(_ actor: Act, as id: NodeActorID) {
    let methods = Dictionary(Act.methods.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    let reference = WeakActor(actor)
    calls[id] = { name, argument in
      guard let actor = reference.actor else { return .failed(.actorGone(id.description)) }
      guard let method = methods[name] else {
        return .failed(.unknownMethod(type: Act.actorType, method: name))
      }
      do {
        return .reply(try await method.call(actor, argument))
      } catch let error as ClusterError {
        return .failed(error)
      } catch {
        return .failed(.remoteFailure("\(error)"))
      }
    }
  }

  mutating func remove(_ id: NodeActorID) { calls[id] = nil }

  func call(for id: NodeActorID) -> Call? { calls[id] }
}

private struct WeakActor<Act: NodeActor>: Sendable {
  weak let actor: Act?

  init(_ actor: Act) {
    self.actor = actor
  }
}
