// The bytes of a virtual file: memory that grows and is copied into, never copied on write.

/// Owned raw memory with a length.
struct RawBytes: ~Copyable {
  private(set) var count = 0
  private var capacity = 0
  private var base: UnsafeMutableRawPointer?

  init() {}

  deinit {
    base?.deallocate()
  }

  /// A part of the bytes; empty where there are none.
  func bytes(at offset: Int, count wanted: Int) -> UnsafeRawBufferPointer {
    guard let base, offset >= 0, offset < count, wanted > 0 else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return UnsafeRawBufferPointer(start: base + offset, count: min(wanted, count - offset))
  }

  /// Writes at `offset`; a gap before it is filled with zeros.
  mutating func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
    guard let from = source.baseAddress, !source.isEmpty else { return }
    if offset > count { resize(offset) }
    reserve(offset + source.count)
    count = max(count, offset + source.count)
    if let base {
      (base + offset).copyMemory(from: from, byteCount: source.count)
    }
  }

  mutating func append(_ source: UnsafeRawBufferPointer) {
    write(source, at: count)
  }

  /// Cuts, or fills with zeros. Memory that was had is kept.
  mutating func resize(_ size: Int) {
    reserve(size)
    if size > count, let base {
      (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: size - count)
    }
    count = size
  }

  private mutating func reserve(_ size: Int) {
    guard size > capacity else { return }
    let larger = max(size, capacity * 2, 4096)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    if let base {
      memory.copyMemory(from: base, byteCount: count)
      base.deallocate()
    }
    (base, capacity) = (memory, larger)
  }

  mutating func replace(with other: borrowing RawBytes) {
    resize(0)
    append(other.bytes(at: 0, count: other.count))
  }

  mutating func flipBit(_ bit: Int, at offset: Int) {
    guard let base, offset >= 0, offset < count else { return }
    let byte = base.load(fromByteOffset: offset, as: UInt8.self)
    base.storeBytes(of: byte ^ (1 << UInt8(bit & 7)), toByteOffset: offset, as: UInt8.self)
  }
}
