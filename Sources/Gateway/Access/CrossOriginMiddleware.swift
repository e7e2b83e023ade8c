// Lets the page of one node of this cluster call the others, and no other page any. A shell around a set.
internal import Hummingbird

/// Cross-origin rules (Fetch standard, section 3.2): exactly the origins of the cluster's own APIs are allowed.
struct CrossOriginMiddleware: RouterMiddleware {
  let origins: Set<String>

  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    guard let origin = request.headers[.origin], origins.contains(origin) else {
      return try await next(request, context)
    }
    var response =
      request.method == .options && request.headers[.accessControlRequestMethod] != nil
      ? preflight() : try await next(request, context)
    response.headers[.accessControlAllowOrigin] = origin
    response.headers[.vary] = "Origin"
    return response
  }

  private func preflight() -> Response {
    Response(
      status: .noContent,
      headers: [
        .accessControlAllowMethods: "GET, POST, PUT, DELETE",
        .accessControlAllowHeaders:
          "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Timeout-Ms",
        .accessControlMaxAge: "600",
      ])
  }
}

/// The origin (scheme, host and port) of a base URL; nil if it has none.
package func origin(ofBaseURL text: String) -> String? {
  guard let scheme = text.firstRange(of: "://") else { return nil }
  let end = text[scheme.upperBound...].firstIndex(of: "/") ?? text.endIndex
  return end > scheme.upperBound ? String(text[..<end]).lowercased() : nil
}
