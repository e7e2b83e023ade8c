// An error as callers of the API see it: a value.
internal import Foundation
package import Hummingbird

/// One refusal: a status, and JSON that programs and people can read.
package struct APIError: Error, Equatable, Sendable, CustomStringConvertible {
  package var status: HTTPResponse.Status
  /// A stable name of the reason, for programs.
  package var code: String
  /// What, where, what to do; for people.
  package var message: String
  /// Whether the same request, with the same `Idempotency-Key`, may succeed later although its caller changes nothing.
  package var isRetryable: Bool
  package var retryAfterMs: Int?

  package init(
    _ status: HTTPResponse.Status, _ code: String, _ message: String, isRetryable: Bool = false,
    retryAfterMs: Int? = nil
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.isRetryable = isRetryable
    self.retryAfterMs = retryAfterMs
  }

  package static func unauthorized(_ message: String) -> APIError {
    APIError(.unauthorized, "unauthorized", message)
  }

  package static func overloaded(_ what: String, retryAfterMs: Int) -> APIError {
    APIError(
      .tooManyRequests, "overloaded", "\(what); nothing was changed, retry in \(retryAfterMs) ms",
      isRetryable: true, retryAfterMs: retryAfterMs)
  }

  package var description: String { "\(status.code) \(code): \(message)" }

  /// Seconds, rounded up, at least one, with 429 and 503 (RFC 9110, section 10.2.3).
  package var retryAfterSeconds: Int? {
    guard status == .tooManyRequests || status == .serviceUnavailable, isRetryable else { return nil }
    return max(1, ((retryAfterMs ?? 1_000) + 999) / 1_000)
  }

  package var response: Response {
    var response = JSONBody.response(Envelope(error: self), status: status)
    if let retryAfterSeconds { response.headers[.retryAfter] = String(retryAfterSeconds) }
    if status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer realm=\"switchboard\"" }
    return response
  }

  private struct Envelope: Encodable {
    var error: APIError
  }
}

extension APIError: Encodable {
  private enum CodingKeys: String, CodingKey {
    case code, message, retryable, retryAfterMs
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(code, forKey: .code)
    try container.encode(message, forKey: .message)
    try container.encode(isRetryable, forKey: .retryable)
    // Null, not left out: a reader need not tell the two apart.
    try container.encode(retryAfterMs, forKey: .retryAfterMs)
  }
}
