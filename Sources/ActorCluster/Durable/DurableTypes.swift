// The durable actor types that a node serves, with their types erased: values.
internal import CBOR
package import NodeStore

/// The types of durable actors that a system knows, by stable name.
public struct DurableTypes: Sendable {
  package let types: [String: DurableType]

  public init(_ actors: [any DurableActor.Type]) {
    types = Dictionary(actors.map { DurableType.erasing($0) }.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  private init(types: [String: DurableType]) { self.types = types }

  /// These, and the cluster's own.
  var withCluster: DurableTypes {
    let own = DurableType.erasing(ClusterActor.self)
    return DurableTypes(types: types.merging([own.name: own], uniquingKeysWith: { $1 }))
  }
}

/// One durable actor type, erased.
package struct DurableType: Sendable {
  package let name: String
  /// Names and versions of the methods, in order of name.
  package let methods: [(name: String, version: UInt32)]
  package let make: @Sendable (String) -> any ActorSlot
  package let restore: @Sendable (String, [StateRow]) throws -> any ActorSlot
  package let decodeEvents: @Sendable ([UInt8]) throws -> [any Sendable]
  /// See `DurableState.forgotten`.
  package let forgotten: @Sendable (String) -> [ReadModelChange]

  package static func erasing(_ type: any DurableActor.Type) -> DurableType {
    func erase<Act: DurableActor>(_ type: Act.Type) -> DurableType {
      let methods = Act.methods
      return DurableType(
        name: Act.actorType,
        methods: methods.methods.values.map { ($0.name, $0.version) }.sorted { $0.name < $1.name },
        make: { Slot(type: Act.actorType, state: Act.State(id: $0), methods: methods) },
        restore: { Slot(type: Act.actorType, state: try Act.State(id: $0, rows: $1), methods: methods) },
        decodeEvents: { try CBORDecoder().decode([Act.State.Event].self, from: $0) },
        forgotten: { Act.State.forgotten(id: $0) })
    }
    return erase(type)
  }
}

/// One actor in memory, erased.
package protocol ActorSlot: Sendable {
  func call(_ method: String, _ argument: [UInt8], _ context: DecisionContext) -> MethodOutcome
  mutating func apply(_ events: [UInt8], at time: PartitionTime) throws -> Changes
  var retiredAt: PartitionTime? { get }
}

/// What came of calling a method.
package enum MethodOutcome: Sendable {
  case decided(ErasedDecision)
  case read([UInt8])
  case refused([UInt8])
  case failed(ClusterError)
}

/// A decision in the form in which it is logged.
package struct ErasedDecision: Sendable {
  /// The CBOR array of events; empty bytes for none.
  package let events: [UInt8]
  package let messages: [DurableMessage]
  package let timers: [TimerChange]
  package let reply: [UInt8]
}

private struct Slot<State: DurableState>: ActorSlot {
  let type: String
  var state: State
  let methods: MethodTable<State>

  var retiredAt: PartitionTime? { state.retiredAt }

  func call(_ method: String, _ argument: [UInt8], _ context: DecisionContext) -> MethodOutcome {
    guard let entry = methods.methods[method] else {
      return .failed(.unknownMethod(type: type, method: method))
    }
    do {
      switch entry.kind {
      case .read(let read):
        return .read(try read(state, argument, context).bytes)
      case .command(let decide):
        let decision = try decide(state, argument, context)
        return .decided(
          ErasedDecision(
            events: decision.events.isEmpty ? [] : try CBOREncoder().encode(decision.events),
            messages: decision.messages, timers: decision.timers, reply: decision.reply.bytes))
      }
    } catch let refusal as State.Refusal {
      guard let bytes = try? CBOREncoder().encode(refusal) else {
        return .failed(.remoteFailure("refusal of \(type).\(method) cannot be encoded: \(refusal)"))
      }
      return .refused(bytes)
    } catch {
      return .failed(.malformedArgument(type: type, method: method, detail: "\(error)"))
    }
  }

  mutating func apply(_ events: [UInt8], at time: PartitionTime) throws -> Changes {
    var changes = Changes()
    for event in try CBORDecoder().decode([State.Event].self, from: events) {
      let more = state.apply(event, at: time)
      changes.rows += more.rows
      changes.readModel += more.readModel
    }
    return changes
  }
}
