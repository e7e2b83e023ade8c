// What all routes do with a request: read it, name its command, call the cluster within its time. A shell.
internal import ActorCluster
internal import Hummingbird
internal import NIOCore

/// Calls of durable actors on behalf of requests.
struct ClusterCalls: Sendable {
  let system: ClusterSystem
  let bodyLimit: Int

  /// The id in the path, with its percent escapes undone.
  func id(_ context: GatewayContext) throws(APIError) -> String {
    try PathSegment.decoded(context.parameters.get("id"))
  }

  func body<Body: StrictBody>(_ type: Body.Type, of request: Request) async throws -> Body {
    if let text = request.headers[.contentLength], let length = Int(text), length > bodyLimit {
      throw tooLarge
    }
    do {
      let bytes = try await request.body.collect(upTo: bodyLimit)
      return try StrictJSON.decode(type, from: Array(buffer: bytes))
    } catch is NIOTooManyBytesError {
      throw tooLarge
    }
  }

  /// The command that the request's `Idempotency-Key` names.
  func command(_ request: Request, by caller: Caller) throws(APIError) -> CommandID {
    let key = try IdempotencyKey(header: request.headers[.idempotencyKey])
    try key.checkAge(now: system.wallMilliseconds)
    return key.command(of: caller.name, method: request.method.rawValue, path: request.uri.path)
  }

  func deadline(_ request: Request) throws(APIError) -> CallDeadline {
    CallDeadline(
      milliseconds: try RequestTimeout.milliseconds(header: request.headers[.timeoutMs]), now: .now)
  }

  /// Calls an actor; `command` is nil for reads.
  func call<Act: DurableActor, Reply: Sendable>(
    _ type: Act.Type, _ id: String, command: CommandID? = nil, until deadline: CallDeadline,
    _ body: @Sendable (Act) async throws -> Reply
  ) async throws -> Reply {
    let actor = try system.actor(type, id)
    let options = CallOptions(command: command, timeout: deadline.remaining(now: .now))
    return try await ClusterSystem.$callOptions.withValue(options) { try await body(actor) }
  }

  private var tooLarge: APIError {
    APIError(
      .contentTooLarge, "bodyTooLarge", "the body must have at most \(bodyLimit) bytes; send less at once")
  }
}

/// When a request must be answered, over all its calls.
struct CallDeadline: Sendable {
  private let end: ContinuousClock.Instant

  init(milliseconds: Int, now: ContinuousClock.Instant) {
    end = now.advanced(by: .milliseconds(milliseconds))
  }

  /// At least a moment, so that a call that starts late fails as one that takes too long.
  func remaining(now: ContinuousClock.Instant) -> Duration { max(.milliseconds(1), now.duration(to: end)) }
}
