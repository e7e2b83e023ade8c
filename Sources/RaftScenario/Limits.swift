// How much a script may ask for. Constants only.

/// Past one of these a script is refused with its line number, so that no script can hang the
/// runner or fill its memory.
enum Limits {
  static let scriptBytes = 1 << 20
  static let lineBytes = 4_096
  static let commands = 10_000
  static let nodes = 16
  /// Numbers in scripts: indices, terms, ticks, sizes.
  static let number: UInt64 = 1_000_000_000
  /// Ticks of one command.
  static let ticks = 10_000
  /// Entries of one `log=(…)` or proposals of one `times=`.
  static let entries = 1_000
  /// Bytes of one proposed value, and of all of a run together.
  static let valueBytes = 1 << 16
  static let proposedBytes = 1 << 22
  /// Messages that wait for delivery.
  static let messages = 10_000
  /// Rounds of `stabilize`; a round handles every node once.
  static let rounds = 200
  /// Writes that a node remembers so that `restart lose-writes=` can take them back.
  static let remembered = 64
  /// Lines of output of one run.
  static let outputLines = 200_000
}
