// Limits of what callers may say: pure checks that throw `ContactCenterRefusal.invalid`.

/// The limits of inputs. They bound the size of rows and log entries (promise P6).
public enum InputLimits {
  /// UTF-8 bytes of an id, a name, a skill, a reason or an attribute's name.
  public static let nameBytes = 256
  public static let attributes = 64
  /// UTF-8 bytes of all attribute names and values together.
  public static let attributeBytes = 16 * 1024
  public static let priorities = 0...9
  /// Milliseconds: one second to 24 hours.
  public static let timeoutMs: ClosedRange<Int64> = 1_000...86_400_000
  /// Queues that one agent may be signed in to; each is told of every change of the agent.
  public static let queuesPerAgent = 64
  public static let skillsPerAgent = 256
  /// Interactions of one channel that one agent may hold at a time.
  public static let capacity = 0...100
  /// Offers missed in a row before the agent is set to not ready.
  public static let misses = 1...100
  /// Waiting interactions per queue.
  public static let queueLimit = 1...1_000_000
}

/// Checks of one field each.
enum Check {
  /// 1 to 256 printable ASCII characters: a name may name an actor, and then means its bytes.
  static func name(_ value: String, _ field: String) throws(ContactCenterRefusal) {
    guard !value.isEmpty else { throw .invalid(field: field, why: "must not be empty") }
    guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw .invalid(field: field, why: "must be printable ASCII characters")
    }
    try text(value, field)
  }

  /// At most 256 bytes without control characters.
  static func text(_ value: String?, _ field: String) throws(ContactCenterRefusal) {
    guard let value else { return }
    guard value.utf8.count <= InputLimits.nameBytes else {
      throw .invalid(
        field: field, why: "must have at most \(InputLimits.nameBytes) bytes, has \(value.utf8.count)")
    }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw .invalid(field: field, why: "must not have control characters")
    }
  }

  static func range<Number: Comparable>(
    _ value: Number, in range: ClosedRange<Number>, _ field: String
  ) throws(ContactCenterRefusal) {
    guard range.contains(value) else {
      throw .invalid(field: field, why: "must be \(range.lowerBound) to \(range.upperBound), is \(value)")
    }
  }

  static func names(_ values: [String], atMost count: Int, _ field: String) throws(ContactCenterRefusal) {
    guard values.count <= count else {
      throw .invalid(field: field, why: "must have at most \(count) entries, has \(values.count)")
    }
    for value in values { try name(value, field) }
  }

  static func attributes(_ attributes: [String: String]) throws(ContactCenterRefusal) {
    guard attributes.count <= InputLimits.attributes else {
      throw .invalid(
        field: "attributes",
        why: "must have at most \(InputLimits.attributes) entries, have \(attributes.count)")
    }
    var bytes = 0
    for key in attributes.keys.sorted() {
      try name(key, "attributes")
      bytes += key.utf8.count + (attributes[key]?.utf8.count ?? 0)
    }
    guard bytes <= InputLimits.attributeBytes else {
      throw .invalid(
        field: "attributes",
        why: "must have at most \(InputLimits.attributeBytes) bytes in all, have \(bytes)")
    }
  }
}
