// Around every request: limits, counts, a line in the log, and errors as JSON. A shell.
internal import Alarms
internal import Hummingbird
internal import Logging

struct RequestMiddleware: RouterMiddleware {
  let statistics: GatewayStatistics
  let limit: Int
  /// Counts what limits refused.
  let alarms: AlarmCenter?

  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    let response: Response
    if statistics.begin(limit: limit) {
      defer { statistics.end() }
      response = await answer(request, context, next)
    } else {
      response =
        APIError.overloaded("this node answers \(limit) requests already", retryAfterMs: 500).response
    }
    if response.status == .tooManyRequests { alarms?.countRefusal() }
    statistics.answered(method: request.method.rawValue, status: response.status.code)
    context.logger.debug(
      "request",
      metadata: [
        "method": "\(request.method.rawValue)", "path": "\(request.uri.path)",
        "status": "\(response.status.code)",
      ])
    return response
  }

  private func answer(
    _ request: Request, _ context: GatewayContext,
    _ next: (Request, GatewayContext) async throws -> Response
  ) async -> Response {
    do {
      return try await next(request, context)
    } catch {
      if let error = APIError(error) { return error.response }
      context.logger.error(
        "request failed",
        metadata: [
          "method": "\(request.method.rawValue)", "path": "\(request.uri.path)", "error": "\(error)",
        ])
      return APIError.unexpected(request: context.id).response
    }
  }
}
