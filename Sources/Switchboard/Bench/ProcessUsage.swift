// What this process has used, as the kernel counts it.
internal import Foundation

enum ProcessUsage {
  /// Bytes handed to write calls since the start, whatever became of them.
  static func bytesWritten() throws -> Int { try number(in: "/proc/self/io", after: "wchar:") }

  /// Resident memory in bytes.
  static func memory() throws -> Int { try 1024 * number(in: "/proc/self/status", after: "VmRSS:") }

  /// Resident memory of another process, bytes.
  static func memory(of pid: Int32) throws -> Int {
    try 1024 * number(in: "/proc/\(pid)/status", after: "VmRSS:")
  }

  /// Bytes of another process that went to the disk, or to pages on their way there.
  static func diskBytes(of pid: Int32) throws -> Int {
    try number(in: "/proc/\(pid)/io", after: "write_bytes:")
  }

  /// User and system time of another process, seconds.
  static func processorSeconds(of pid: Int32) throws -> Double {
    let path = "/proc/\(pid)/stat"
    // The name before the bracket may have spaces in it; user and system time are the 14th and 15th field of all.
    let fields = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }?
      .split(separator: ")").last?.split(separator: " ")
    guard let fields, fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw BenchFailure("\(path) cannot be read: the process has ended, or this is not Linux")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Blocks allocated so far; nil unless `Benchmarks/allocations` is preloaded, which counts them.
  static func allocations() -> UInt64? {
    guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "switchboard_bench_allocations") else {
      return nil
    }
    return unsafeBitCast(symbol, to: (@convention(c) () -> UInt64).self)()
  }

  static func size(_ file: String) -> Int {
    (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int).flatMap { $0 } ?? 0
  }

  private static func number(in file: String, after key: String) throws -> Int {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw BenchFailure("\(file) cannot be read: this is measured on Linux only")
    }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix(key) {
      if let number = line.split(whereSeparator: \.isWhitespace).compactMap({ Int($0) }).first {
        return number
      }
    }
    throw BenchFailure("\(file) does not say \(key)")
  }
}
