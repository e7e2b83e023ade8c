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
  /// Entries or elements so far; 0 or 1 of a single value.
  var count = 0
  /// What a map's keys are to the type that writes them.
  var keyType: (any CodingKey.Type)?
  var kind = EncodingFrameKind.undecided
  /// Opened by `nestedContainer` or `superEncoder`: it ends with its parent, not with an `encode(to:)`.
  var isNested: Bool
  /// The keys came in their order so far, none twice.
  var isSorted = true
  /// Its elements may change places, one by one in a set, in pairs in a dictionary.
  var unordered = UnorderedKind.none

  @inline(__always)
  init(identity: UInt64, start: Int, firstEntry: Int, isNested: Bool) {
    self.identity = identity
    self.start = start
    self.firstEntry = firstEntry
    self.isNested = isNested
  }
}

/// A nested value that moved to a buffer of its own because its parent was written to before it was complete.
struct DetachedValue {
  /// Where it belongs in its parent's buffer.
  var position: Int
  var buffer: EncodingBuffer
}

/// Where a map's key stands in the buffer. Its value reaches to the next key.
struct EncodingEntry {
  var keyStart: Int
  var keyEnd: Int
}

/// Which collections of the standard library encode themselves as arrays in an order that differs from run to run.
enum UnorderedKind: Int {
  case none = 0
  case set = 1
  case pairs = 2
}

protocol UnorderedOnTheWire {
  static var unorderedKind: UnorderedKind { get }
}

extension Set: UnorderedOnTheWire {
  static var unorderedKind: UnorderedKind { .set }
}

extension Dictionary: UnorderedOnTheWire {
  static var unorderedKind: UnorderedKind { .pairs }
}
