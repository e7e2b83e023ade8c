// Names of header fields that are not among the common ones: constants.
internal import HTTPTypes

extension HTTPField.Name {
  static let idempotencyKey = name("Idempotency-Key")
  static let timeoutMs = name("X-Timeout-Ms")
  static let age = name("Switchboard-Age-Milliseconds")
  static let lastEventID = name("Last-Event-ID")
  static let referrerPolicy = name("Referrer-Policy")

  /// The names given here are tokens as RFC 9110, section 5.1 has them, so none falls back.
  private static func name(_ text: String) -> HTTPField.Name { HTTPField.Name(text) ?? .accept }
}
