// How old an `Idempotency-Key` is, if it says so: pure.
internal import Hummingbird

extension IdempotencyKey {
  /// Older keys that carry their time are refused. Replies are remembered for an hour after the last use of a key; the rest is
  /// for clocks that are ahead, and for the way to the leader.
  package static let oldestMilliseconds: Int64 = 45 * 60_000
  /// A key from further ahead is taken for one without a time.
  package static let aheadMilliseconds: Int64 = 10 * 60_000

  /// When a key in the form of a UUID of version 7 (RFC 9562) was made, in milliseconds since 1970; nil of any other key.
  package var made: Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 36, [8, 13, 18, 23].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
      bytes[14] == UInt8(ascii: "7"), "89abAB".utf8.contains(bytes[19])
    else { return nil }
    let digits = text.split(separator: "-")
    guard digits.count == 5, digits.allSatisfy({ UInt64($0, radix: 16) != nil && $0.first != "+" }) else {
      return nil
    }
    return Int64(digits[0] + digits[1], radix: 16)
  }

  /// Refuses a key that says that it is too old to be remembered for certain: what it names may have been done (promise P3).
  /// - Parameter now: milliseconds since 1970 by the cluster's clocks.
  package func checkAge(now: Int64) throws(APIError) {
    guard let made, made - now <= Self.aheadMilliseconds, now - made > Self.oldestMilliseconds else { return }
    throw APIError(
      .conflict, "outcomeUnknown",
      "this Idempotency-Key says that it was made \((now - made) / 60_000) minutes ago, which is longer than keys are "
        + "remembered for certain: the request may have had its effect and was not executed; look at the state before "
        + "acting, use a new key for what was never sent, and see that your clock is right")
  }
}
