// Keys that say when they were made.
import Gateway
import Hummingbird
import NIOHTTP1
import Testing

@Suite struct IdempotencyKeyAgeTests {
  private static let made: Int64 = 1_645_557_742_000
  /// The example of RFC 9562, A.6.
  private static let example = "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"

  private func key(_ text: String) throws -> IdempotencyKey { try IdempotencyKey(header: text) }

  @Test func aVersion7CarriesItsTime() throws {
    #expect(try key(Self.example).made == Self.made)
    #expect(try key(Self.example.lowercased()).made == Self.made)
  }

  @Test(arguments: [
    "q1", "017F22E2-79B0-4CC3-98C4-DC0C0C07398F", "017F22E2-79B0-7CC3-78C4-DC0C0C07398F",
    "017F22E279B07CC398C4DC0C0C07398F0000", "+17F22E2-79B0-7CC3-98C4-DC0C0C07398F",
    "017F22E2-79B0-7CC3-98C4-DC0C0C07398G", "017F22E2-79B0-7C-3-98C4-DC0C0C07398F",
    "017F22E2-79B0-7CC3-98C4-DC0C0C07398F0",
  ])
  func othersDoNot(_ text: String) throws {
    #expect(try key(text).made == nil)
    #expect(throws: Never.self) { try key(text).checkAge(now: .max / 2) }
  }

  @Test func oneThatIsTooOldIsRefusedAndNotExecuted() throws {
    let key = try key(Self.example)
    let oldest = IdempotencyKey.oldestMilliseconds
    for age in [0, oldest, -IdempotencyKey.aheadMilliseconds, -10 * oldest] {
      #expect(throws: Never.self) { try key.checkAge(now: Self.made + age) }
    }
    let error = #expect(throws: APIError.self) { try key.checkAge(now: Self.made + oldest + 1) }
    #expect(error?.status.code == 409 && error?.code == "outcomeUnknown" && error?.isRetryable == false)
  }

  @Test func theAPIRefusesIt() async throws {
    try await TestCluster.run { cluster in
      let old = try await cluster.request(
        .PUT, "/v1/queues/sales", key: Self.example, body: #"{"limit":7}"#)
      #expect(old.status == 409 && old.errorCode == "outcomeUnknown", "\(old.text)")
      #expect(try await cluster.request(.GET, "/v1/queues/sales").text.contains(#""limit":7"#) == false)
    }
  }
}
