// Stable method names of distributed methods.
internal import Distributed
internal import NIOConcurrencyHelpers

/// The base name of a distributed method, from its target's description: `Module.Type.accept(_:)` is `accept`.
package enum MethodName {
  static func stable(of target: RemoteCallTarget) -> String {
    stable(description: target.description)
  }

  package static func stable(description: String) -> String {
    let upToArguments = description.prefix { $0 != "(" }
    return String(upToArguments.split(separator: ".").last ?? upToArguments)
  }
}
