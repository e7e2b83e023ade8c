// The C functions of the VFS: opening, deleting, looking, time. https://www.sqlite.org/c3ref/vfs.html
internal import GRDBSQLite

extension VirtualFileSystem {
  static func callbacks() -> sqlite3_vfs {
    var vfs = sqlite3_vfs()
    vfs.iVersion = 2
    vfs.szOsFile = Int32(VirtualHandle.structureSize)
    vfs.mxPathname = 512
    vfs.xOpen = { vfs, name, file, flags, outFlags in
      guard let file else { return SQLITE_CANTOPEN }
      file.pointee.pMethods = nil
      guard let system = system(of: vfs), let handle = system.open(name, flags: flags) else {
        return SQLITE_CANTOPEN
      }
      VirtualHandle.store(handle, in: file)
      outFlags?.pointee = flags
      return SQLITE_OK
    }
    vfs.xDelete = { vfs, name, syncDirectory in
      guard let system = system(of: vfs), let name,
        let (disk, file) = VirtualFileSystem.split(String(cString: name))
      else {
        return SQLITE_IOERR_DELETE
      }
      return system.locked {
        let state = system.state(of: disk)
        guard state.names[file] != nil else { return SQLITE_IOERR_DELETE_NOENT }
        let failure = state.remove(file) ?? (syncDirectory != 0 ? state.syncNames() : nil)
        return failure == nil ? SQLITE_OK : SQLITE_IOERR_DELETE
      }
    }
    vfs.xAccess = { vfs, name, flags, result in
      guard let system = system(of: vfs), let name,
        let (disk, file) = VirtualFileSystem.split(String(cString: name))
      else {
        result?.pointee = 0
        return SQLITE_OK
      }
      result?.pointee = system.locked {
        guard let found = system.state(of: disk).names[file] else { return 0 }
        // As SQLite's own: an empty file does not exist.
        return flags == SQLITE_ACCESS_EXISTS && found.current.count == 0 ? 0 : 1
      }
      return SQLITE_OK
    }
    vfs.xFullPathname = { _, name, size, result in
      guard let name, let result else { return SQLITE_CANTOPEN }
      var index = 0
      while index < Int(size) {
        result[index] = name[index]
        if name[index] == 0 { return SQLITE_OK }
        index += 1
      }
      return SQLITE_CANTOPEN
    }
    vfs.xRandomness = { vfs, count, buffer in
      guard let system = system(of: vfs), let buffer else { return 0 }
      system.fill(UnsafeMutableRawBufferPointer(start: buffer, count: Int(count)))
      return count
    }
    // Nobody else runs meanwhile: waiting changes nothing.
    vfs.xSleep = { _, microseconds in microseconds }
    vfs.xCurrentTime = { vfs, result in
      result?.pointee = Double(system(of: vfs)?.julianTime() ?? 0) / 86_400_000
      return SQLITE_OK
    }
    vfs.xCurrentTimeInt64 = { vfs, result in
      result?.pointee = system(of: vfs)?.julianTime() ?? 0
      return SQLITE_OK
    }
    return vfs
  }

  private func open(_ name: UnsafePointer<CChar>?, flags: Int32) -> VirtualHandle? {
    guard let name else {
      // SQLite's temporary files have no name and no durability.
      return VirtualHandle(
        system: self, disk: DiskState(), file: VirtualFile(), name: "", removesOnClose: false,
        syncsNames: false)
    }
    guard let (disk, file) = Self.split(String(cString: name)) else { return nil }
    // A connection of an earlier life must not come back to the files of this one.
    let life = sqlite3_uri_int64(name, "life", -1)
    return locked {
      let state = state(of: disk)
      guard life == -1 || life == state.life else { return nil }
      let existing = state.names[file]
      guard let opened = existing ?? (flags & SQLITE_OPEN_CREATE != 0 ? state.create(file) : nil) else {
        return nil
      }
      return VirtualHandle(
        system: self, disk: state, file: opened, name: file,
        removesOnClose: flags & SQLITE_OPEN_DELETEONCLOSE != 0,
        syncsNames: flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL) != 0)
    }
  }
}

/// The object behind a VFS. SQLite calls only while a `VirtualFileSystem` is alive: its `deinit` unregisters it, and every
/// open file retains it.
private func system(of vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> VirtualFileSystem? {
  guard let data = vfs?.pointee.pAppData else { return nil }
  return Unmanaged<VirtualFileSystem>.fromOpaque(data).takeUnretainedValue()
}
