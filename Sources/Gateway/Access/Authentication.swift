// From an `Authorization` header to a caller who may do what is asked: pure.
internal import Hummingbird

/// Who may pass.
package struct Authentication: Sendable {
  private let tokens: TokenTable

  package init(_ tokens: TokenTable) {
    self.tokens = tokens
  }

  /// - Parameter authorization: the header's value, `Bearer TOKEN` (RFC 6750, section 2.1).
  /// - Throws: 401 without a known token, 403 if its role is not enough.
  package func caller(
    authorization: String?, needing permission: Permission
  ) throws(APIError) -> Caller {
    guard let authorization else {
      throw .unauthorized("this needs the header 'Authorization: Bearer TOKEN'")
    }
    let parts = authorization.split(separator: " ", omittingEmptySubsequences: true)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else {
      throw .unauthorized("the Authorization header must have the form 'Bearer TOKEN'")
    }
    guard let caller = tokens.caller(presenting: String(parts[1])) else {
      throw .unauthorized("this node does not know the token; ask for one, or compare the nodes' token files")
    }
    guard caller.role.permissions.contains(permission) else {
      let roles = permission.roles.map(\.rawValue).joined(separator: " or ")
      throw APIError(
        .forbidden, "forbidden",
        "'\(caller.name)' has the role \(caller.role.rawValue); this needs the role \(roles)")
    }
    return caller
  }
}

/// Registers routes that only callers with a permission reach.
struct GuardedRoutes {
  let router: Router<GatewayContext>
  let authentication: Authentication

  func on(
    _ method: HTTPRequest.Method, _ path: RouterPath, needing permission: Permission,
    use handler: @escaping @Sendable (Request, GatewayContext, Caller) async throws -> Response
  ) {
    let authentication = authentication
    router.on(path, method: method) { request, context in
      let caller = try authentication.caller(
        authorization: request.headers[.authorization], needing: permission)
      return try await handler(request, context, caller)
    }
  }
}
