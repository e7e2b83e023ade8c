// One virtual file: what programs see, what is on the disk, and the writes in between. Guarded by the system's lock.

/// A write or a truncation that no sync has made durable.
package struct UnsyncedWrite: Equatable, Sendable {
  /// Its name on the disk, without the disk's path.
  package let file: String
  package let offset: Int
  /// Bytes written; 0 for a truncation to `offset`.
  package let count: Int

  package static let sectorSize = 512

  /// The sectors that it touches: tearing happens between them.
  package var sectors: Int {
    count == 0 ? 0 : (offset + count - 1) / Self.sectorSize - offset / Self.sectorSize + 1
  }
}

/// What a crash leaves of one unsynced write.
package enum Survival: Equatable, Sendable {
  case lost
  case kept
  /// Only these of its sectors, counted from its first.
  case torn(Range<Int>)
}

final class VirtualFile {
  private enum Operation {
    case write(offset: Int, count: Int, journalOffset: Int)
    case truncate(size: Int)
  }

  private(set) var current = RawBytes()
  private(set) var durable = RawBytes()
  /// The bytes of the unsynced writes, one after the other.
  private var journal = RawBytes()
  private var operations: [Operation] = []
  var locks = FileLocks()
  var sharedMemory: SharedMemory?

  init() {}

  init(synced bytes: [UInt8]) {
    bytes.withUnsafeBytes { current.append($0) }
    durable.replace(with: current)
  }

  func write(_ source: UnsafeRawBufferPointer, at offset: Int) {
    operations.append(.write(offset: offset, count: source.count, journalOffset: journal.count))
    journal.append(source)
    current.write(source, at: offset)
  }

  func truncate(to size: Int) {
    guard size != current.count else { return }
    operations.append(.truncate(size: size))
    current.resize(size)
  }

  func sync() {
    for operation in operations {
      apply(operation)
    }
    forgetUnsynced()
  }

  /// Those who held them are gone.
  func forgetLocks() {
    locks = FileLocks()
    sharedMemory = nil
  }

  /// What a failed fsync does: the writes stay visible, count as clean, and are never written again by themselves.
  func forgetUnsynced() {
    operations.removeAll(keepingCapacity: true)
    journal.resize(0)
  }

  /// The file as the disk has it after a crash.
  func crashed(named name: String, _ survival: (UnsyncedWrite) -> Survival) -> VirtualFile {
    for operation in operations {
      switch operation {
      case .truncate(let size):
        if survival(UnsyncedWrite(file: name, offset: size, count: 0)) == .kept {
          apply(operation)
        }
      case .write(let offset, let count, let journalOffset):
        let write = UnsyncedWrite(file: name, offset: offset, count: count)
        switch survival(write) {
        case .lost:
          break
        case .kept:
          apply(operation)
        case .torn(let sectors):
          let first = offset / UnsyncedWrite.sectorSize
          let start = max(offset, (first + sectors.lowerBound) * UnsyncedWrite.sectorSize)
          let end = min(offset + count, (first + sectors.upperBound) * UnsyncedWrite.sectorSize)
          guard start < end else { continue }
          durable.write(
            journal.bytes(at: journalOffset + start - offset, count: end - start), at: start)
        }
      }
    }
    let survivor = VirtualFile()
    survivor.current.replace(with: durable)
    survivor.durable.replace(with: durable)
    return survivor
  }

  func flipBit(_ bit: Int, at offset: Int) {
    current.flipBit(bit, at: offset)
    durable.flipBit(bit, at: offset)
  }

  /// Both images, at once.
  func cut(to size: Int) {
    if size < current.count { current.resize(size) }
    if size < durable.count { durable.resize(size) }
  }

  private func apply(_ operation: Operation) {
    switch operation {
    case .write(let offset, let count, let journalOffset):
      durable.write(journal.bytes(at: journalOffset, count: count), at: offset)
    case .truncate(let size):
      durable.resize(size)
    }
  }
}
