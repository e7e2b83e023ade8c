// A stack on memory that was lent to it, and on memory of its own when that is used up. Changes only that memory.

/// An array without the cost of one: no allocation while the lent memory lasts, and no check for uniqueness at each change.
///
/// It is not a value: a copy would share the memory. Its owner is one class, which calls `release` at the end. Indices are
/// checked always, also in optimized builds.
struct GrowingStack<Element> {
  // The first `count` of `capacity` elements are initialized.
  private var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int
  private var isOwned: Bool

  /// - Parameter memory: uninitialized; lent until `release`.
  init(lent memory: UnsafeMutableBufferPointer<Element>) {
    if let start = memory.baseAddress {
      (base, capacity, isOwned) = (start, memory.count, false)
    } else {
      (base, capacity, isOwned) = (.allocate(capacity: 1), 1, true)
    }
  }

  /// With memory of its own from the start.
  init(capacity: Int) {
    self.capacity = max(capacity, 1)
    base = .allocate(capacity: self.capacity)
    isOwned = true
  }

  /// Gives up the memory, lent or its own; the stack is empty then and without room, so that what comes later takes memory
  /// of its own.
  mutating func release() {
    removeLast(count)
    if isOwned { base.deallocate() }
    (capacity, isOwned) = (0, false)
  }

  /// Room for that many more elements.
  @inline(__always)
  mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    let larger = max(count + more, capacity * 2, 16)
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: larger)
    memory.moveInitialize(from: base, count: count)
    if isOwned { base.deallocate() }
    (base, capacity, isOwned) = (memory, larger, true)
  }

  @inline(__always)
  mutating func append(_ element: Element) {
    reserve(1)
    (base + count).initialize(to: element)
    count += 1
  }

  @inline(__always)
  mutating func removeLast(_ number: Int) {
    precondition(number >= 0 && number <= count)
    count -= number
    (base + count).deinitialize(count: number)
  }

  @inline(__always)
  mutating func popLast() -> Element? {
    if count == 0 { return nil }
    count -= 1
    return (base + count).move()
  }

  @inline(__always)
  var last: Element? { count == 0 ? nil : base[count - 1] }

  @inline(__always)
  subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count)
      return base[index]
    }
    _modify {
      precondition(index >= 0 && index < count)
      yield &base[index]
    }
  }

  /// What is there now, until the next change.
  @inline(__always)
  var contents: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }
}

extension GrowingStack where Element == UInt8 {
  /// The bytes of a range, until the next change.
  @inline(__always)
  func stretch(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  @inline(__always)
  mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  /// Appends a copy of a range of its own.
  mutating func appendCopy(of range: Range<Int>) {
    // First the room: the range must not move while it is copied.
    reserve(range.count)
    append(contentsOf: stretch(range))
  }

  /// Puts what stands from `tail` on in the place of what stands from `start` to there.
  mutating func drop(from start: Int, to tail: Int) {
    precondition(start >= 0 && start <= tail && tail <= count)
    (base + start).update(from: base + tail, count: count - tail)
    count -= tail - start
  }

  /// Makes a gap of that many zeros at an index.
  mutating func insertZeros(_ number: Int, at index: Int) {
    precondition(index >= 0 && index <= count && number >= 0)
    reserve(number)
    (base + index + number).update(from: base + index, count: count - index)
    (base + index).update(repeating: 0, count: number)
    count += number
  }

  /// An initial byte and an argument in its shortest form.
  @inline(__always)
  mutating func appendHead(_ major: MajorType, _ argument: UInt64) {
    reserve(9)
    count += Self.write(major, argument, to: base + count)
  }

  /// Fills in a head over bytes that are there; returns its length.
  mutating func fillHead(_ major: MajorType, _ argument: UInt64, at index: Int) {
    precondition(index >= 0 && index + Self.headLength(argument) <= count)
    _ = Self.write(major, argument, to: base + index)
  }

  static func headLength(_ argument: UInt64) -> Int {
    argument < 24 ? 1 : argument <= 0xff ? 2 : argument <= 0xffff ? 3 : argument <= 0xffff_ffff ? 5 : 9
  }

  /// Writes at most 9 bytes and returns how many.
  @inline(__always)
  private static func write(_ major: MajorType, _ argument: UInt64, to place: UnsafeMutablePointer<UInt8>)
    -> Int
  {
    let type = major.rawValue << 5
    if argument < 24 {
      place.pointee = type | UInt8(truncatingIfNeeded: argument)
      return 1
    }
    let rest = UnsafeMutableRawPointer(place + 1)
    switch argument {
    case ...0xff:
      place.pointee = type | 24
      (place + 1).pointee = UInt8(truncatingIfNeeded: argument)
      return 2
    case ...0xffff:
      place.pointee = type | 25
      rest.storeBytes(of: UInt16(truncatingIfNeeded: argument).bigEndian, as: UInt16.self)
      return 3
    case ...0xffff_ffff:
      place.pointee = type | 26
      rest.storeBytes(of: UInt32(truncatingIfNeeded: argument).bigEndian, as: UInt32.self)
      return 5
    default:
      place.pointee = type | 27
      rest.storeBytes(of: argument.bigEndian, as: UInt64.self)
      return 9
    }
  }

  /// Appends a byte and a number of that many bytes, most significant first.
  @inline(__always)
  mutating func append<I: FixedWidthInteger>(_ initial: UInt8, _ number: I) {
    reserve(1 + MemoryLayout<I>.size)
    (base + count).pointee = initial
    UnsafeMutableRawPointer(base + count + 1).storeBytes(of: number.bigEndian, as: I.self)
    count += 1 + MemoryLayout<I>.size
  }
}
