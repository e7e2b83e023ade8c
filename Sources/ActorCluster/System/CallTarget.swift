// The methods that this system calls, each looked up by its name once.
internal import Distributed
internal import Synchronization

/// A method of a type of actor.
final class CallTarget: Sendable {
  /// Its place in the tables of this system.
  let index: Int
  let method: MethodDescription

  init(index: Int, method: MethodDescription) {
    self.index = index
    self.method = method
  }
}

/// By the mangled names that the compiler gives distributed methods. Safe from any thread.
final class CallTargets: Sendable {
  private struct State: Sendable {
    var known: [String: CallTarget] = [:]
    /// The last ones by the length of their names: these are long, and hashing one costs more than comparing it with itself.
    var recent: [(name: String, target: CallTarget)?] = Array(repeating: nil, count: 64)
  }

  private let state = Mutex(State())

  func target<Act: DistributedActor>(_ target: RemoteCallTarget, of type: Act.Type) throws(ClusterError)
    -> CallTarget
  {
    let name = target.identifier
    let place = name.utf8.count % 64
    let found = state.withLock { state -> CallTarget? in
      if let recent = state.recent[place], recent.name == name { return recent.target }
      guard let known = state.known[name] else { return nil }
      state.recent[place] = (name, known)
      return known
    }
    if let found { return found }
    let method = try Self.describe(MethodName.stable(of: target), type)
    return state.withLock { state in
      let made = state.known[name] ?? CallTarget(index: state.known.count, method: method)
      state.known[name] = made
      return made
    }
  }

  /// A method that this system relays calls of. Its table bounds how many there are.
  func target(of method: MethodDescription) -> CallTarget {
    // No mangled name begins like this.
    let name = "relayed \(method.type).\(method.method)"
    return state.withLock { state in
      let made = state.known[name] ?? CallTarget(index: state.known.count, method: method)
      state.known[name] = made
      return made
    }
  }

  private static func describe<Act: DistributedActor>(
    _ method: String, _ type: Act.Type
  ) throws(ClusterError) -> MethodDescription {
    if let type = type as? any DurableActor.Type { return type.describe(method) }
    if let type = type as? any NodeActor.Type { return type.describe(method) }
    throw .invalidCall("\(type) is neither a durable nor a node-bound actor")
  }
}

extension DurableActor {
  /// A method that is not in the table is described like the first version of one: the callee refuses it by name.
  fileprivate static func describe(_ method: String) -> MethodDescription {
    MethodDescription(type: actorType, method: method, version: methods.methods[method]?.version ?? 1)
  }
}

extension NodeActor {
  fileprivate static func describe(_ method: String) -> MethodDescription {
    MethodDescription(
      type: actorType, method: method, version: methods.last { $0.name == method }?.version ?? 1)
  }
}

/// What the wire may call on this system, in order of its numbers there.
struct CallableMethods: Sendable {
  enum Place: Sendable {
    case durable
    /// Its place in the methods of its type.
    case nodeBound(Int)
  }

  private(set) var descriptions: [MethodDescription] = []
  private(set) var places: [Place] = []
  private var numbers: [MethodDescription: Int] = [:]

  init(_ durable: DurableTypes, _ nodeBound: [any NodeActor.Type]) {
    for (_, type) in durable.types.sorted(by: { $0.key < $1.key }) {
      for (name, version) in type.methods {
        add(MethodDescription(type: type.name, method: name, version: version), .durable)
      }
    }
    for type in nodeBound {
      for (position, method) in type.methodVersions.enumerated() {
        add(
          MethodDescription(type: type.actorType, method: method.name, version: method.version),
          .nodeBound(position))
      }
    }
  }

  /// Of a node-bound actor's method, in the methods of its type.
  func place(of method: MethodDescription) -> Int? {
    guard let index = numbers[method], case .nodeBound(let place) = places[index] else { return nil }
    return place
  }

  private mutating func add(_ description: MethodDescription, _ place: Place) {
    numbers[description] = descriptions.count
    descriptions.append(description)
    places.append(place)
  }
}

extension NodeActor {
  fileprivate static var methodVersions: [(name: String, version: UInt32)] {
    methods.map { ($0.name, $0.version) }
  }
}
