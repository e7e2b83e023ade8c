// Every refusal and cluster error as callers see it: status, code, whether to retry, Retry-After.
import ActorCluster
import ContactCenter
import Foundation
import Gateway
import Hummingbird
import NIOCore
import Testing

@Suite struct ErrorMappingTests {
  struct Expected: Sendable {
    var error: any Error
    var status: Int
    var code: String
    var isRetryable = false
    var retryAfterSeconds: Int?
  }

  static let expectations: [Expected] = [
    Expected(error: ContactCenterRefusal.unknownInteraction("i1"), status: 404, code: "unknownInteraction"),
    Expected(error: ContactCenterRefusal.alreadyExists("i1"), status: 409, code: "alreadyExists"),
    Expected(
      error: ContactCenterRefusal.notOffered(to: "ann", state: .waiting, holder: nil), status: 409,
      code: "notOffered"),
    Expected(error: ContactCenterRefusal.alreadyAnswered(by: "bob"), status: 409, code: "alreadyAnswered"),
    Expected(
      error: ContactCenterRefusal.notHeld(by: "ann", state: .active, holder: "bob"), status: 409,
      code: "notHeld"),
    Expected(error: ContactCenterRefusal.notWaiting(state: .active), status: 409, code: "notWaiting"),
    Expected(error: ContactCenterRefusal.closed(.abandoned), status: 409, code: "closed"),
    Expected(error: ContactCenterRefusal.notSignedIn("ann"), status: 409, code: "notSignedIn"),
    Expected(
      error: ContactCenterRefusal.capacityInUse(channel: .voice, held: 2), status: 409, code: "capacityInUse",
      isRetryable: true),
    Expected(
      error: ContactCenterRefusal.invalid(field: "priority", why: "must be 0 to 9, is 10"), status: 422,
      code: "invalid"),
    Expected(
      error: ClusterError.unavailable(reason: "no majority", retryAfterMilliseconds: 200), status: 503,
      code: "unavailable", isRetryable: true, retryAfterSeconds: 1),
    Expected(
      error: ClusterError.overloaded(what: "too many calls", retryAfterMilliseconds: 1_001), status: 429,
      code: "overloaded", isRetryable: true, retryAfterSeconds: 2),
    Expected(error: ClusterError.outcomeUnknown(command: "c"), status: 409, code: "outcomeUnknown"),
    Expected(error: ClusterError.quarantined(partition: 3, detail: "d"), status: 503, code: "quarantined"),
    Expected(error: ClusterError.poisoned(command: "c", crashes: 2), status: 422, code: "poisoned"),
    Expected(
      error: ClusterError.shuttingDown, status: 503, code: "shuttingDown", isRetryable: true,
      retryAfterSeconds: 1),
    Expected(error: ClusterError.unknownActorType("x"), status: 501, code: "versionMismatch"),
    Expected(error: ClusterError.unknownMethod(type: "x", method: "y"), status: 501, code: "versionMismatch"),
    Expected(
      error: ClusterError.malformedArgument(type: "x", method: "y", detail: "z"), status: 501,
      code: "versionMismatch"),
    Expected(error: ClusterError.invalidCall("x"), status: 500, code: "internal"),
    Expected(error: ClusterError.actorGone("x"), status: 500, code: "internal"),
    Expected(error: ClusterError.remoteFailure("x"), status: 500, code: "internal"),
    Expected(error: NIOTooManyBytesError(maxBytes: 1), status: 413, code: "bodyTooLarge"),
    Expected(error: HTTPError(.notFound), status: 404, code: "unknownRoute"),
    Expected(
      error: CancellationError(), status: 503, code: "shuttingDown", isRetryable: true, retryAfterSeconds: 1),
  ]

  @Test func everyErrorHasItsPlace() throws {
    for expected in Self.expectations {
      let error = try #require(APIError(expected.error), "\(expected.error)")
      #expect(error.status.code == expected.status, "\(expected.error)")
      #expect(error.code == expected.code, "\(expected.error)")
      #expect(error.isRetryable == expected.isRetryable, "\(expected.error)")
      #expect(error.retryAfterSeconds == expected.retryAfterSeconds, "\(expected.error)")
      #expect(error.response.headers[.retryAfter] == expected.retryAfterSeconds.map(String.init))
      #expect(!error.message.isEmpty)
    }
  }

  @Test func whatIsNoErrorOfCallersStaysInTheLog() {
    struct Secret: Error {}
    #expect(APIError(Secret()) == nil)
    let shown = APIError.unexpected(request: "r7")
    #expect(shown.status.code == 500)
    #expect(shown.message.contains("r7"))
  }

  @Test func jsonHasEveryFieldAndNullForNoDelay() throws {
    let error = APIError(ContactCenterRefusal.alreadyAnswered(by: "bob"))
    let text = String(decoding: JSONBody.bytes(error), as: UTF8.self)
    #expect(
      text
        == #"{"code":"alreadyAnswered","message":"the interaction was answered by agent 'bob'","retryAfterMs":null,"retryable":false}"#
    )
  }

  @Test func unauthorizedSaysHow() {
    #expect(APIError.unauthorized("x").response.headers[.wwwAuthenticate] == "Bearer realm=\"switchboard\"")
  }
}
