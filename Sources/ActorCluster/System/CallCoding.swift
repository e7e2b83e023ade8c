// Arguments and results of distributed calls. Dispatch is by table; the runtime's own decoding is refused.
internal import CBOR
public import Distributed

/// Records the one argument of a distributed call as CBOR.
public struct CallEncoder: DistributedTargetInvocationEncoder {
  public typealias SerializationRequirement = any Codable & Sendable

  private(set) var argument: [UInt8]?

  public mutating func recordGenericSubstitution<T>(_ type: T.Type) throws {
    throw ClusterError.invalidCall("generic distributed methods are not supported: the wire knows names only")
  }

  public mutating func recordArgument<Value: Codable & Sendable>(
    _ argument: RemoteCallArgument<Value>
  ) throws {
    guard self.argument == nil else {
      throw ClusterError.invalidCall("a distributed method takes one argument; put several into a struct")
    }
    self.argument = try CBOREncoder().encode(argument.value)
  }

  public mutating func recordReturnType<R: Codable & Sendable>(_ type: R.Type) throws {}
  public mutating func recordErrorType<E: Error>(_ type: E.Type) throws {}
  public mutating func doneRecording() throws {
    if argument == nil { argument = try CBOREncoder().encode(Done()) }
  }
}

/// Required by the protocol and never made: methods are run by table, not by name from the wire.
public struct CallDecoder: DistributedTargetInvocationDecoder {
  public typealias SerializationRequirement = any Codable & Sendable

  private static let refusal = ClusterError.invalidCall("calls are dispatched by table")

  private init() {}

  public mutating func decodeGenericSubstitutions() throws -> [any Any.Type] { throw Self.refusal }
  public mutating func decodeNextArgument<Argument: Codable & Sendable>() throws -> Argument {
    throw Self.refusal
  }
  public mutating func decodeErrorType() throws -> (any Any.Type)? { throw Self.refusal }
  public mutating func decodeReturnType() throws -> (any Any.Type)? { throw Self.refusal }
}

/// Required by the protocol and never made.
public struct CallResultHandler: DistributedTargetInvocationResultHandler {
  public typealias SerializationRequirement = any Codable & Sendable

  private init() {}

  public func onReturn<Success: Codable & Sendable>(value: Success) async throws {}
  public func onReturnVoid() async throws {}
  public func onThrow<Err: Error>(error: Err) async throws {}
}
