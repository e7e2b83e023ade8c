// The methods of a durable actor type by stable name: what the wire may call. Pure.
internal import CBOR

/// The methods that the wire, messages and timers may call on one type of durable actor, by stable name.
/// Nothing that is not in a type's table can be reached from outside (design: dispatch by table).
public struct MethodTable<State: DurableState>: Sendable {
  package let methods: [String: Method<State>]

  /// A name given twice keeps its last method.
  public init(_ methods: [Method<State>]) {
    self.methods = Dictionary(methods.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }
}

/// One method: a command decides (and becomes a log entry), a read only looks.
public struct Method<State: DurableState>: Sendable {
  package typealias Decide =
    @Sendable (State, [UInt8], DecisionContext) throws -> (Decision<State.Event, Encoded>)
  package typealias Read = @Sendable (State, [UInt8], DecisionContext) throws -> Encoded

  package enum Kind: Sendable {
    case command(Decide)
    case read(Read)
  }

  public let name: String
  /// Raised when the other side could not read a changed argument or reply, or would misunderstand it.
  public let version: UInt32
  package let kind: Kind

  /// A method that decides. `decide` is an unapplied method of the state: `.command("accept", State.accept)`.
  public static func command<Argument: Codable & Sendable, Reply: Codable & Sendable>(
    _ name: String, version: UInt32 = 1,
    _ decide:
      @escaping @Sendable (State) -> (Argument, DecisionContext) throws -> Decision<State.Event, Reply>
  ) -> Method {
    Method(
      name: name, version: version,
      kind: .command { state, bytes, context in
        let argument = try CBORDecoder().decode(Argument.self, from: bytes)
        let decision = try decide(state)(argument, context)
        return Decision(
          decision.events, messages: decision.messages, timers: decision.timers,
          reply: Encoded(bytes: try CBOREncoder().encode(decision.reply)))
      })
  }

  /// A method that only looks: it costs no log entry, and is linearizable.
  public static func read<Argument: Codable & Sendable, Reply: Codable & Sendable>(
    _ name: String, version: UInt32 = 1,
    _ read: @escaping @Sendable (State) -> (Argument, DecisionContext) throws -> Reply
  ) -> Method {
    Method(
      name: name, version: version,
      kind: .read { state, bytes, context in
        let argument = try CBORDecoder().decode(Argument.self, from: bytes)
        return Encoded(bytes: try CBOREncoder().encode(try read(state)(argument, context)))
      })
  }
}

/// A value that is already CBOR.
package struct Encoded: Codable, Equatable, Sendable {
  package let bytes: [UInt8]
}
