// API tokens by their digests: pure. The tokens themselves are never kept.
internal import Crypto

/// A token that callers may present, known by its digest only.
public struct APIToken: Sendable, Equatable {
  /// Who it is, in logs and in the scope of idempotency keys.
  public let name: String
  public let role: Role
  /// SHA-256 of the token.
  package let digest: [UInt8]

  /// - Parameter sha256: the digest of the token's UTF-8 bytes, as 64 hexadecimal digits.
  public init(name: String, role: Role, sha256: String) throws(GatewayError) {
    guard let digest = Self.bytes(ofHexadecimal: sha256), digest.count == 32 else {
      throw .invalidTokenDigest(token: name)
    }
    self.name = name
    self.role = role
    self.digest = digest
  }

  /// The digest that a token file has for a token.
  public static func sha256(of token: String) -> String {
    SHA256.hash(data: Array(token.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func bytes(ofHexadecimal text: String) -> [UInt8]? {
    let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for position in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[position], let low = digits[position + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}

/// Who makes a request.
package struct Caller: Equatable, Sendable {
  package let name: String
  package let role: Role
}

/// Finds the caller of a token. Takes the same time whichever token it is and however much of it is right.
package struct TokenTable: Sendable {
  private let tokens: [APIToken]

  package init(_ tokens: [APIToken]) {
    self.tokens = tokens
  }

  package func caller(presenting token: String) -> Caller? {
    let presented = Array(SHA256.hash(data: Array(token.utf8)))
    var found: Caller?
    for known in tokens where Self.equal(presented, known.digest) {
      found = Caller(name: known.name, role: known.role)
    }
    return found
  }

  /// Looks at every byte, so that the time tells nothing about where two digests differ.
  private static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
  }
}
