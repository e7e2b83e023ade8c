// A file system of a few megabytes in memory, which can really be filled: for tests that may mount one.
import Foundation

enum SmallDisk {
  /// Whether this process may mount. Tried once, on a directory of its own.
  static let canBeMounted: Bool = {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("mount-\(UUID())").path
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard mount(at: path, megabytes: 1) else { return false }
    unmount(path)
    return true
  }()

  static func mount(at path: String, megabytes: Int) -> Bool {
    run("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "none", path])
  }

  static func unmount(_ path: String) {
    _ = run("umount", ["-l", path])
  }

  /// Takes all the room that is left.
  static func fill(_ path: String) throws {
    let file = path + "/filler"
    try Data().write(to: URL(fileURLWithPath: file))
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    defer { try? handle.close() }
    for size in [1 << 20, 1 << 12] {
      let block = Data(repeating: 1, count: size)
      while (try? handle.write(contentsOf: block)) != nil {}
    }
  }

  static func free(_ path: String) throws {
    try FileManager.default.removeItem(atPath: path + "/filler")
  }

  private static func run(_ command: String, _ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
