// Actors that live on one node: ordinary distributed actors, called through a table.
internal import CBOR
public import Distributed
internal import NIOCore

/// A distributed actor bound to one incarnation of its node (a desktop's session, a channel's adapter).
///
/// Declare `nonisolated var unownedExecutor: UnownedSerialExecutor { actorSystem.executor }`: then calls start in the order in
/// which they came, on the loop of the links, and a method that does not wait costs no task and no change of threads.
public protocol NodeActor: DistributedActor where ActorSystem == ClusterSystem, ID == ActorID {
  /// What a method may throw to reach the caller as thrown.
  associatedtype Refusal: Error & Codable & Sendable = NoRefusal

  /// The stable name of the type on the wire.
  static var actorType: String { get }
  static var methods: [NodeMethod<Self>] { get }
}

/// Of an actor whose methods refuse nothing.
public struct NoRefusal: Error, Codable, Sendable {
  private init() {}
}

/// A method of a node-bound actor that the wire may call.
public struct NodeMethod<Act: NodeActor>: Sendable {
  enum Body: Sendable {
    /// Reads the argument where it came in; adds the reply to what is there.
    case immediate(@Sendable (isolated Act, ByteBuffer, inout [UInt8]) throws -> Void)
    case waiting(@Sendable (isolated Act, ByteBuffer) async throws -> [UInt8])
  }

  public let name: String
  /// Raised when the other side could not read a changed argument or reply, or would misunderstand it.
  public let version: UInt32
  let body: Body

  /// A method that does not wait for anything.
  public static func method<Argument: Codable & Sendable, Reply: Codable & Sendable>(
    _ name: String, version: UInt32 = 1,
    _ body: @escaping @Sendable (isolated Act, Argument) throws -> Reply
  ) -> NodeMethod {
    NodeMethod(
      name: name, version: version,
      body: .immediate { actor, bytes, out in
        try CBOREncoder().encode(try body(actor, try argument(of: name, bytes)), appendingTo: &out)
      })
  }

  /// A method that returns nothing, and may be called one way.
  public static func method<Argument: Codable & Sendable>(
    _ name: String, version: UInt32 = 1,
    _ body: @escaping @Sendable (isolated Act, Argument) throws -> Void
  ) -> NodeMethod {
    NodeMethod(
      name: name, version: version,
      body: .immediate { actor, bytes, _ in try body(actor, try argument(of: name, bytes)) })
  }

  /// A method that waits for other things; others start meanwhile. Its task is cancelled when its caller waits no more.
  public static func method<Argument: Codable & Sendable, Reply: Codable & Sendable>(
    _ name: String, version: UInt32 = 1,
    _ body: @escaping @Sendable (isolated Act, Argument) async throws -> Reply
  ) -> NodeMethod {
    NodeMethod(
      name: name, version: version,
      body: .waiting { actor, bytes in
        try CBOREncoder().encode(try await body(actor, try argument(of: name, bytes)))
      })
  }

  /// A method that waits for other things and returns nothing.
  public static func method<Argument: Codable & Sendable>(
    _ name: String, version: UInt32 = 1,
    _ body: @escaping @Sendable (isolated Act, Argument) async throws -> Void
  ) -> NodeMethod {
    NodeMethod(
      name: name, version: version,
      body: .waiting { actor, bytes in
        try await body(actor, try argument(of: name, bytes))
        return []
      })
  }

  private static func argument<Argument: Decodable>(
    of name: String, _ bytes: ByteBuffer
  ) throws -> Argument {
    do {
      return try bytes.withUnsafeReadableBytes { try CBORDecoder().decode(Argument.self, from: $0) }
    } catch {
      throw UnreadableArgument(
        error: .malformedArgument(type: Act.actorType, method: name, detail: "\(error)"))
    }
  }
}

/// Nothing was begun.
struct UnreadableArgument: Error {
  let error: ClusterError
}
