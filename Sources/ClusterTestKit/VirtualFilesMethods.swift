// The C functions of an open file: reading, writing, syncing, locks. https://www.sqlite.org/c3ref/io_methods.html
internal import GRDBSQLite

extension VirtualHandle {
  static func methods() -> sqlite3_io_methods {
    var methods = sqlite3_io_methods()
    methods.iVersion = 2
    methods.xClose = { file in
      guard let unmanaged = retained(file) else { return SQLITE_OK }
      let handle = unmanaged.takeRetainedValue()
      handle.system.locked { handle.close() }
      file?.pointee.pMethods = nil
      return SQLITE_OK
    }
    methods.xRead = { file, buffer, count, offset in
      withHandle(file, dead: SQLITE_IOERR_READ) { $0.read(buffer, Int(count), at: Int(offset)) }
    }
    methods.xWrite = { file, buffer, count, offset in
      withHandle(file, dead: SQLITE_IOERR_WRITE) { handle in
        let source = UnsafeRawBufferPointer(start: buffer, count: Int(count))
        switch handle.disk.write(source, at: Int(offset), to: handle.file) {
        case nil: return SQLITE_OK
        case .io: return SQLITE_IOERR_WRITE
        case .full: return SQLITE_FULL
        }
      }
    }
    methods.xTruncate = { file, size in
      withHandle(file, dead: SQLITE_IOERR_TRUNCATE) { handle in
        handle.disk.truncate(handle.file, to: Int(size)) == nil ? SQLITE_OK : SQLITE_IOERR_TRUNCATE
      }
    }
    methods.xSync = { file, _ in
      withHandle(file, dead: SQLITE_IOERR_FSYNC) { handle in
        // As SQLite's own VFS: the directory with the first sync.
        if handle.syncsNames, handle.disk.syncNames() != nil { return SQLITE_IOERR_FSYNC }
        handle.syncsNames = false
        let failure = handle.disk.sync(handle.file, named: handle.name)
        return failure == nil ? SQLITE_OK : SQLITE_IOERR_FSYNC
      }
    }
    methods.xFileSize = { file, size in
      withHandle(file, dead: SQLITE_IOERR_FSTAT) { handle in
        size?.pointee = Int64(handle.file.current.count)
        return SQLITE_OK
      }
    }
    methods.xLock = { file, level in
      withHandle(file, dead: SQLITE_IOERR_LOCK) { $0.file.locks.lock($0, to: level) }
    }
    methods.xUnlock = { file, level in
      withHandle(file, dead: SQLITE_OK) { handle in
        handle.file.locks.unlock(handle, to: level)
        return SQLITE_OK
      }
    }
    methods.xCheckReservedLock = { file, result in
      withHandle(file, dead: SQLITE_IOERR_CHECKRESERVEDLOCK) { handle in
        result?.pointee = handle.file.locks.isReserved ? 1 : 0
        return SQLITE_OK
      }
    }
    methods.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    methods.xSectorSize = { _ in 4096 }
    // A write never changes bytes beside it, not even when it is torn: so the model works.
    methods.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    methods.xShmMap = { file, index, size, extend, result in
      withHandle(file, dead: SQLITE_IOERR_SHMMAP) { handle in
        result?.pointee = handle.mapped().region(Int(index), size: Int(size), extend: extend != 0)
        return SQLITE_OK
      }
    }
    methods.xShmLock = { file, first, count, flags in
      withHandle(file, dead: SQLITE_IOERR_SHMLOCK) { handle in
        handle.mapped().lock(handle, first: Int(first), count: Int(count), flags: flags)
      }
    }
    methods.xShmBarrier = { file in
      // Taking and leaving the lock is a barrier.
      _ = withHandle(file, dead: SQLITE_OK) { _ in SQLITE_OK }
    }
    methods.xShmUnmap = { file, _ in
      guard let unmanaged = retained(file) else { return SQLITE_OK }
      return unmanaged._withUnsafeGuaranteedRef { handle in
        handle.system.locked { handle.unmap() }
        return SQLITE_OK
      }
    }
    return methods
  }
}

/// The handle that `VirtualHandle.store` put behind SQLite's part of the structure.
private func retained(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Unmanaged<VirtualHandle>? {
  guard let file else { return nil }
  return Unmanaged.fromOpaque(
    UnsafeMutableRawPointer(file).load(
      fromByteOffset: MemoryLayout<sqlite3_file>.stride, as: UnsafeMutableRawPointer.self))
}

/// Runs work under the lock; `dead` when there is no handle or it is of an earlier life.
@inline(__always)
private func withHandle(
  _ file: UnsafeMutablePointer<sqlite3_file>?, dead: Int32, _ work: (VirtualHandle) -> Int32
) -> Int32 {
  guard let unmanaged = retained(file) else { return dead }
  return unmanaged._withUnsafeGuaranteedRef { handle in
    handle.system.locked { handle.isAlive ? work(handle) : dead }
  }
}
