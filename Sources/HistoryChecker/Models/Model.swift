// The models that histories are checked against. Pure.

/// What a history is checked against. `docs/histories.md` says what each function's values are.
public enum Model: String, CaseIterable, Sendable {
  /// One value per key: `read`, `write`, `cas`, `add`.
  case register
  /// A register per key that can also be deleted.
  case keyValue = "kv"
  /// A first-in, first-out queue per key.
  case queue
  /// Interactions, agents and durable messages: lives of interactions, conservation, exactly once.
  case contactCenter = "contact-center"

  /// The words that may be in `f`.
  public var functions: [String] {
    switch self {
    case .register: ["read", "write", "cas", "add"]
    case .keyValue: ["read", "write", "cas", "add", "delete"]
    case .queue: ["enqueue", "dequeue"]
    case .contactCenter: ContactCenterFunction.allCases.map(\.rawValue)
    }
  }
}
