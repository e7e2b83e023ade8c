// Requests that read one actor, as fresh as they want it. A shell.
internal import ActorCluster
internal import Hummingbird
internal import NIOConcurrencyHelpers

extension ClusterCalls {
  /// Answers a reading request. A stale answer says in a header how old it may be.
  func read<Act: DurableActor, Reply: Sendable>(
    _ type: Act.Type, _ request: Request, _ context: GatewayContext,
    _ body: @Sendable (Act) async throws -> Reply, as json: (Reply) -> some Encodable
  ) async throws -> Response {
    let query = request.uri.queryParameters
    let consistency = try ReadConsistency(
      consistency: query["consistency"].map(String.init), maximumAge: query["max_age_ms"].map(String.init))
    let actor = try system.actor(type, try id(context))
    var options = CallOptions(timeout: try deadline(request).remaining(now: .now))
    let age = NIOLockedValueBox<Int64?>(nil)
    if case .stale(let limit) = consistency {
      options.read = .stale(maximumAge: .milliseconds(limit))
      options.onAge = { told in age.withLockedValue { $0 = told } }
    }
    let reply = try await ClusterSystem.$callOptions.withValue(options) { try await body(actor) }
    var response = JSONBody.response(json(reply))
    if let age = age.withLockedValue({ $0 }) { response.headers[.age] = String(age) }
    return response
  }
}
