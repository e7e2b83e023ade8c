// What callers say in headers: pure parsing.
package import ActorCluster
internal import Hummingbird

/// `Idempotency-Key`: names a command, so that a retry at any node has one effect and the same reply (promise P3).
package struct IdempotencyKey: Equatable, Sendable {
  package let text: String

  /// - Parameter header: 1 to 128 printable ASCII characters.
  package init(header: String?) throws(APIError) {
    guard let header, !header.isEmpty else {
      throw APIError(
        .badRequest, "idempotencyKeyRequired",
        "this changes something and needs the header 'Idempotency-Key': 1 to 128 printable characters, new for each "
          + "thing to do and the same for each retry of it")
    }
    guard header.utf8.count <= 128, header.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw APIError(
        .badRequest, "idempotencyKeyInvalid",
        "the header 'Idempotency-Key' must have 1 to 128 printable ASCII characters")
    }
    text = header
  }

  /// The id of the command: the same for the same caller, key, method and path; unrelated for any other.
  package func command(of caller: String, method: String, path: String) -> CommandID {
    CommandID(
      session: SessionID(derivedFrom: text, scope: "\(caller)|\(method)\(path)"), sequence: 0)
  }
}

/// `X-Timeout-Ms`: how long the caller waits for the cluster.
package enum RequestTimeout {
  package static let allowed = 100...30_000

  package static func milliseconds(header: String?) throws(APIError) -> Int {
    guard let header else { return 5_000 }
    guard let value = Int(header), allowed.contains(value) else {
      throw APIError(
        .badRequest, "invalidHeader",
        "the header 'X-Timeout-Ms' must be a number from \(allowed.lowerBound) to \(allowed.upperBound), is '\(header)'"
      )
    }
    return value
  }
}
