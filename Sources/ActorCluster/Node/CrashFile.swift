// What each event loop is doing with an actor's code, in a file that outlives the process. Touches the file system.
internal import NodeStore
internal import Posix
internal import Synchronization

/// What a process was doing when it ended.
struct CrashRecord: Equatable, Sendable {
  var key: CrashKey
  var actor: String
  var method: String
}

/// The file `inflight` of a data directory: a header and a slot for each event loop, which does one thing at a time. It is
/// mapped, so that a note costs some bytes in memory; a crash of the process leaves them, and so does SIGKILL, which may
/// hit an innocent piece of work: only the second crash counts.
///
/// Little-endian. Header (64 bytes): magic (8), hash of the machine's boot id (8), run (8). A slot (512): busy (1), kind (1),
/// length of the actor's name (2) and of the method's (2), unused (2), key (24), both names.
final class CrashFile: Sendable {
  static let name = "inflight"
  private static let magic: UInt64 = 0x3130_5448_474C_4649
  private static let headerBytes = 64
  private static let slotBytes = 512
  /// Slots that are looked at after a crash: of a process with more loops the others go unseen.
  private static let most = 126

  private let file: MappedFile
  /// What the run before left, if the machine was not restarted since: of what was not on disk then nobody knows.
  let left: [CrashRecord]
  /// Names the run that left it.
  let leftBy: UInt64

  /// - Parameter run: names this run of the node.
  init?(store: NodeStore, run: UInt64) {
    guard
      let file = MappedFile(
        path: store.notePath(Self.name), count: Self.headerBytes + Self.most * Self.slotBytes)
    else { return nil }
    self.file = file
    let boot = XXH64.hash(store.bootID.utf8)
    let header = file.withBytes(0..<Self.headerBytes) { bytes in
      (0..<3).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
    }
    leftBy = header[2]
    left =
      header[0] == Self.magic && header[1] == boot
      ? (0..<Self.most).compactMap { slot in file.withBytes(Self.range(slot), CrashRecord.init(slot:)) } : []
    self.run = run
    self.boot = boot
  }

  private let run: UInt64
  private let boot: UInt64

  /// Forgets what was left: call it once that is on stable storage.
  func begin() {
    file.withBytes(0..<file.count) { bytes in
      for position in bytes.indices { bytes[position] = 0 }
      for (place, word) in [Self.magic, boot, run].enumerated() {
        bytes.storeBytes(of: word.littleEndian, toByteOffset: 8 * place, as: UInt64.self)
      }
    }
  }

  /// The notes of one event loop; nil for more loops than there are slots.
  func slot(_ number: Int) -> (any InFlightNotes)? {
    number < Self.most ? CrashSlot(file, Self.range(number)) : nil
  }

  private static func range(_ slot: Int) -> Range<Int> {
    headerBytes + slot * slotBytes..<headerBytes + (slot + 1) * slotBytes
  }
}

/// One loop's slot. The lock keeps its bytes to one thread, and the compiler from leaving out what it takes for dead.
private final class CrashSlot: InFlightNotes {
  private let file: MappedFile
  private let range: Mutex<Range<Int>>

  init(_ file: MappedFile, _ range: Range<Int>) {
    self.file = file
    self.range = Mutex(range)
  }

  func begin(_ key: CrashKey, _ actor: ActorKey?, _ method: String) {
    range.withLock { range in
      file.withBytes(range) { CrashRecord.write(key, actor, method, to: $0) }
    }
  }

  func end() {
    range.withLock { range in
      file.withBytes(range) { $0[0] = 0 }
    }
  }
}

extension CrashRecord {
  private static let namesAt = 32
  private static let longestActor = 320
  private static let longestMethod = 128

  /// Nil of a slot whose loop was doing nothing.
  fileprivate init?(slot: UnsafeMutableRawBufferPointer) {
    func word(_ position: Int) -> UInt64 {
      UInt64(littleEndian: slot.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
    guard slot[0] == 1, let kind = CrashKey.Kind(rawValue: slot[1]) else { return nil }
    let actor = min(
      Int(UInt16(littleEndian: slot.loadUnaligned(fromByteOffset: 2, as: UInt16.self))), Self.longestActor)
    let method = min(
      Int(UInt16(littleEndian: slot.loadUnaligned(fromByteOffset: 4, as: UInt16.self))), Self.longestMethod)
    key = CrashKey(kind: kind, first: word(8), second: word(16), third: word(24))
    self.actor = String(decoding: slot[Self.namesAt..<Self.namesAt + actor], as: UTF8.self)
    self.method = String(
      decoding: slot[Self.namesAt + actor..<Self.namesAt + actor + method], as: UTF8.self)
  }

  /// The byte that says that the slot is in use comes last, and goes first.
  fileprivate static func write(
    _ key: CrashKey, _ actor: ActorKey?, _ method: String, to slot: UnsafeMutableRawBufferPointer
  ) {
    slot[0] = 0
    slot[1] = key.kind.rawValue
    slot.storeBytes(of: key.first.littleEndian, toByteOffset: 8, as: UInt64.self)
    slot.storeBytes(of: key.second.littleEndian, toByteOffset: 16, as: UInt64.self)
    slot.storeBytes(of: key.third.littleEndian, toByteOffset: 24, as: UInt64.self)
    var end = namesAt
    if let actor {
      end = put(actor.type, to: slot, at: end, until: namesAt + longestActor)
      end = put("/", to: slot, at: end, until: namesAt + longestActor)
      end = put(actor.id, to: slot, at: end, until: namesAt + longestActor)
    }
    let length = end - namesAt
    end = put(method, to: slot, at: end, until: end + longestMethod)
    slot.storeBytes(of: UInt16(length).littleEndian, toByteOffset: 2, as: UInt16.self)
    slot.storeBytes(of: UInt16(end - namesAt - length).littleEndian, toByteOffset: 4, as: UInt16.self)
    slot[0] = 1
  }

  private static func put(
    _ text: String, to slot: UnsafeMutableRawBufferPointer, at start: Int, until end: Int
  ) -> Int {
    var text = text
    return text.withUTF8 { bytes in
      let count = min(bytes.count, max(0, end - start))
      UnsafeMutableRawBufferPointer(rebasing: slot[start..<start + count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]))
      return start + count
    }
  }
}
