// What this process has used, as the kernel counts it.
internal import Foundation

enum ProcessUsage {
  /// Bytes handed to write calls since the start, whatever became of them.
  static func bytesWritten() throws -> Int { try number(in: "/proc/self/io", after: "wchar:") }

  /// Resident memory in bytes.
  static func memory() throws -> Int { try 1024 * number(in: "/proc/self/status", after: "VmRSS:") }

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
