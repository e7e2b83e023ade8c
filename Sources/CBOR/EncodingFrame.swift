// What is remembered about a value while it is being encoded. Plain values; touch nothing.

/// What the value turned out to be, from the container it asked for.
enum EncodingFrameKind {
  case undecided, single, map, array
}

/// A value that is being encoded, and where it stands in its buffer.
struct EncodingFrame {
  /// Unique in one encoding, so that a container used after its end is noticed.
  var identity: UInt64
  /// Where the value starts; a map or array has one byte kept free there for its head.
  var start: Int
  /// The first of its keys among the buffer's.
  var firstEntry: Int
  /// How many keys lead to it.
  var pathCount: Int
  /// Opened by `nestedContainer` or `superEncoder`: it ends with its parent, not with an `encode(to:)`.
  var isNested: Bool
  /// How many elements at a time may change places: 1 in a set, 2 in a dictionary's pairs, 0 if their order counts.
  var unorderedStride: Int
  var kind = EncodingFrameKind.undecided
  var count = 0
  /// Nested values that are still open while their parent goes on, and where they belong.
  var detached: [DetachedValue] = []
}

/// A nested value that moved to a buffer of its own because its parent was written to before it was complete.
struct DetachedValue {
  var position: Int
  var buffer: EncodingBuffer
}

/// Where a map's key stands in the buffer. Its value reaches to the next key.
struct EncodingEntry {
  var keyStart: Int
  var keyEnd: Int
}

/// Collections of the standard library that encode themselves as arrays in an order that differs from run to run.
protocol UnorderedOnTheWire {
  static var stride: Int { get }
}

extension Set: UnorderedOnTheWire {
  static var stride: Int { 1 }
}

extension Dictionary: UnorderedOnTheWire {
  static var stride: Int { 2 }
}
