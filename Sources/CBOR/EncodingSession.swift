// What all buffers of one encoding share. Changes only itself.

/// The limits of one encoding, its identities, and what went wrong where nothing could be thrown.
final class EncodingSession {
  let limits: CBORLimits
  let userInfo: [CodingUserInfoKey: any Sendable]
  /// The next step that can throw throws it, and at the latest the end of the encoding.
  private(set) var failure: CBORError?
  private var lastIdentity: UInt64 = 0

  init(limits: CBORLimits, userInfo: [CodingUserInfoKey: any Sendable]) {
    self.limits = limits
    self.userInfo = userInfo
  }

  func nextIdentity() -> UInt64 {
    lastIdentity += 1
    return lastIdentity
  }

  func fail(_ error: CBORError) {
    if failure == nil { failure = error }
  }

  func check(depth: Int, at offset: Int) {
    if depth > limits.maximumDepth { fail(.tooDeep(limit: limits.maximumDepth, at: offset)) }
  }

  func checkLength(of bytes: [UInt8]) throws(CBORError) {
    guard bytes.count <= limits.maximumBytes else {
      throw .tooLarge(bytes: bytes.count, limit: limits.maximumBytes)
    }
  }
}
