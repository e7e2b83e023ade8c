// Idempotency keys and timeouts as callers give them.
import ActorCluster
import Gateway
import Hummingbird
import Testing

@Suite struct RequestHeaderTests {
  private func code(_ header: String?) -> String? {
    do {
      _ = try IdempotencyKey(header: header)
      return nil
    } catch {
      return error.status.code == 400 ? error.code : "\(error.status)"
    }
  }

  @Test func keysAreOneTo128PrintableCharacters() {
    #expect(code(nil) == "idempotencyKeyRequired")
    #expect(code("") == "idempotencyKeyRequired")
    #expect(code("k") == nil)
    #expect(code("call 7/α") == "idempotencyKeyInvalid")
    #expect(code("tab\there") == "idempotencyKeyInvalid")
    #expect(code(String(repeating: "k", count: 128)) == nil)
    #expect(code(String(repeating: "k", count: 129)) == "idempotencyKeyInvalid")
  }

  /// Every node, and every later version, must make the same id of the same request.
  @Test func commandIsPinned() throws {
    let command = try IdempotencyKey(header: "call-1").command(
      of: "demo", method: "POST", path: "/v1/interactions")
    #expect(
      command
        == CommandID(
          session: SessionID(derivedFrom: "call-1", scope: "demo|POST/v1/interactions"), sequence: 0))
    #expect(command.description == "eb6fd198045c0ddc3ae53b489cba84da#0")
    #expect(command.derivedID() == "daec8e724ecd635cdda70390f4f8c3bb")
  }

  @Test func anotherCallerMethodOrPathIsAnotherCommand() throws {
    let key = try IdempotencyKey(header: "k")
    let commands: Set<CommandID> = [
      key.command(of: "a", method: "PUT", path: "/v1/agents/x/session"),
      key.command(of: "b", method: "PUT", path: "/v1/agents/x/session"),
      key.command(of: "a", method: "DELETE", path: "/v1/agents/x/session"),
      key.command(of: "a", method: "PUT", path: "/v1/agents/y/session"),
      try IdempotencyKey(header: "k2").command(of: "a", method: "PUT", path: "/v1/agents/x/session"),
    ]
    #expect(commands.count == 5)
  }

  @Test func timeoutsHaveLimits() throws {
    #expect(try RequestTimeout.milliseconds(header: nil) == 5_000)
    #expect(try RequestTimeout.milliseconds(header: "100") == 100)
    #expect(try RequestTimeout.milliseconds(header: "30000") == 30_000)
    for wrong in ["", "99", "30001", "-1", "1e3", "5 s"] {
      #expect(throws: APIError.self, "\(wrong)") { try RequestTimeout.milliseconds(header: wrong) }
    }
  }

  @Test func idsInPathsAreDecoded() throws {
    #expect(try PathSegment.decoded("%7Bab%7Dc%20%2F") == "{ab}c /")
    for wrong in [nil, "", "%FF", "%", "%4", "a%zz"] {
      #expect(throws: APIError.self, "\(wrong ?? "nil")") { try PathSegment.decoded(wrong) }
    }
  }

  /// Two spellings of one text must not name two actors, so names are ASCII.
  @Test func actorsHaveASCIINames() {
    for wrong in ["caf%C3%A9", "a%0Ab", "%00", String(repeating: "n", count: 257)] {
      #expect {
        try PathSegment.decoded(wrong)
      } throws: { error in
        (error as? APIError)?.status.code == 422
      }
    }
  }
}
