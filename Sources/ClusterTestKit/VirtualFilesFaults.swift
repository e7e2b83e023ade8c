// A disk as the simulation handles it: crashes, faults and what people do to disks. Ids as in the fault catalogue.
package import NodeStore

/// One node's disk. A name for it: copies mean the same disk.
package struct VirtualDisk: Sendable {
  let system: VirtualFileSystem
  package let name: String

  /// The data directory to open a store on.
  package var directory: String { "/" + name }

  /// The file system for a store. Good for this life of the disk: after a crash it refuses everything, ask for it again.
  package var files: any StoreFiles {
    VirtualFiles(system: system, disk: name, life: with { $0.life })
  }

  /// Names of the files there are, sorted.
  package var fileNames: [String] { with { $0.fileNames } }

  /// 0 when the file is missing.
  package func size(of file: String) -> Int {
    with { $0.names[file]?.current.count ?? 0 }
  }

  func with<Value: Sendable>(_ work: (DiskState) -> Value) -> Value {
    system.locked { work(system.state(of: name)) }
  }

  // MARK: - Crashes

  /// `disk.lose-unsynced`, `disk.torn-write`: the machine loses its power. What was synced stays; of each write that was not
  /// the caller says what does, in the order in which the files' names sort and the writes were made. Everything open on the
  /// disk is dead afterwards: it fails, and nothing that it does reaches a file.
  /// - Parameters:
  ///   - keptNames: how many of so many creations, renames and removals that were not synced survive; the first ones do.
  ///   - keepUnsynced: must not call the disk.
  package func crash(
    keptNames: (Int) -> Int = { _ in 0 }, keepUnsynced: (UnsyncedWrite) -> Survival = { _ in .lost }
  ) {
    with { $0.crash(keptChanges: keptNames, keepUnsynced) }
  }

  /// The process dies and the machine lives on: everything that was written stays to be seen, synced or not. Everything open
  /// on the disk is dead.
  package func killProcess() {
    with { $0.processDied() }
  }

  /// A crash that one generator decides: nothing survives, or all, or each write by itself, some torn.
  package func crash(using random: inout some RandomNumberGenerator) {
    let mode = random.next() % 4 as UInt64
    var generator = random
    crash(
      keptNames: { count in
        mode == 0 ? 0 : mode == 1 ? count : Int(generator.next() % UInt64(count + 1))
      },
      keepUnsynced: { write in
        switch mode {
        case 0: return .lost
        case 1: return .kept
        default: break
        }
        switch generator.next() % 3 {
        case 0: return .lost
        case 1: return .kept
        default:
          guard write.sectors > 0 else { return .lost }
          let first = Int(generator.next() % UInt64(write.sectors))
          return .torn(first..<first + 1 + Int(generator.next() % UInt64(write.sectors - first)))
        }
      })
    random = generator
  }

  /// Lets so many more changes (writes, syncs, creations, removals) happen and then fails every one, as a machine that is
  /// losing its power: so a crash can fall between any two of them. Ends with the crash, which is still to be called.
  package func freeze(afterChanges count: Int) {
    with { $0.faults.changesLeft = count }
  }

  // MARK: - A bad disk

  /// `disk.fsync-fail`: the next syncs fail. What they should have written stays visible until a crash, and is not durable
  /// until it is written again: a later sync succeeds without it, as with a page cache.
  /// - Parameter file: which file's syncs; nil is any.
  package func failNextSync(of file: String? = nil, count: Int = 1) {
    with {
      $0.faults.failingSyncs = count
      $0.faults.failingSyncFile = file
    }
  }

  /// `disk.eio-write`, until it is taken back.
  package func failWrites(_ fails: Bool = true) {
    with { $0.faults.failsWrites = fails }
  }

  /// `disk.eio-read`, until it is taken back.
  package func failReads(_ fails: Bool = true) {
    with { $0.faults.failsReads = fails }
  }

  /// `disk.full`: files may grow by so many bytes more; nil ends it. What is removed makes room.
  package func full(afterBytes room: Int?) {
    with { $0.faults.room = room }
  }

  /// `disk.slow`: what each operation adds to the latency that `takeLatency` tells. Nothing waits.
  package func slow(syncNanoseconds: UInt64, writeNanoseconds: UInt64 = 0, readNanoseconds: UInt64 = 0) {
    with {
      $0.faults.syncNanoseconds = syncNanoseconds
      $0.faults.writeNanoseconds = writeNanoseconds
      $0.faults.readNanoseconds = readNanoseconds
    }
  }

  /// Nanoseconds of virtual time that the operations since the last call took.
  package func takeLatency() -> UInt64 {
    with { disk in
      defer { disk.latency = 0 }
      return disk.latency
    }
  }

  /// Ends every fault.
  package func repair() {
    with { $0.faults = DiskFaults() }
  }

  /// `disk.bitflip`, in what is seen and in what is durable. Nothing beyond the end.
  package func flipBit(_ file: String, offset: Int, bit: Int = 0) {
    with { $0.names[file]?.flipBit(bit, at: offset) }
  }

  /// `disk.truncate`, in what is seen and in what is durable.
  package func truncate(_ file: String, to size: Int) {
    with { $0.names[file]?.cut(to: size) }
  }

  // MARK: - Other disks in its place

  /// The files as they are seen now, to put back later.
  package func image() -> VirtualDiskImage {
    with { VirtualDiskImage(files: $0.image()) }
  }

  /// `disk.stale-restore`: an earlier image takes the place of the files. Everything open on the disk is dead.
  /// - Parameter only: the names that are put back; the others stay as they are seen now. nil is all.
  package func restore(_ image: VirtualDiskImage, only names: Set<String>? = nil) {
    with { disk in
      guard let names else { return disk.replace(with: image.files) }
      var files = disk.image().filter { !names.contains($0.key) }
      for name in names { files[name] = image.files[name] }
      disk.replace(with: files)
    }
  }

  /// `disk.wipe`. Everything open on the disk is dead.
  package func wipe() {
    with { $0.replace(with: [:]) }
  }
}

/// The files of a disk, by their names.
package struct VirtualDiskImage: Sendable {
  var files: [String: [UInt8]]
}
