// What the encoder and the decoder accept at most. Pure values; touches nothing.

/// Bounds on what one value may cost. The encoder keeps to the same bounds, so that it writes nothing its peer refuses.
public struct CBORLimits: Equatable, Sendable {
  /// How deep arrays, maps and tags may be nested: `[]` has depth 1. At least 1, at most 256, because `Codable` types
  /// recurse and a thread's stack is finite.
  public let maximumDepth: Int
  /// The longest encoded value, in bytes.
  public let maximumBytes: Int

  public init(maximumDepth: Int = 64, maximumBytes: Int = 64 << 20) {
    self.maximumDepth = min(max(maximumDepth, 1), 256)
    self.maximumBytes = max(maximumBytes, 0)
  }
}
