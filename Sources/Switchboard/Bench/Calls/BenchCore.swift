// Which processor a thread of the benchmark runs on. Touches the scheduler's settings, on Linux.
internal import Foundation

/// The two processes that talk are kept on two processors. Left alone, the scheduler moves a ping-pong of two threads to one
/// processor or to two as it likes, and its round trip changes with that by a factor of two or three.
enum BenchCore {
  case caller
  case callee

  /// What this process may use, as it was when this was asked first: before any thread was pinned, whose mask the threads
  /// inherit that it makes.
  private static let all = Scheduler()?.processors()

  /// Runs `body` on this side's processor, and what follows on any. Threads that it makes stay there. Where there is only one
  /// processor, or no way to choose, it runs anywhere.
  func pinned<Value>(_ body: () throws -> Value) rethrows -> Value {
    guard let scheduler = Scheduler(), let all = Self.all else { return try body() }
    let allowed = (0..<all.count * 8).filter { all[$0 / 8] & (1 << ($0 % 8)) != 0 }
    guard allowed.count > 1 else { return try body() }
    let chosen = self == .caller ? allowed[0] : allowed[1]
    var one = [UInt8](repeating: 0, count: all.count)
    one[chosen / 8] = 1 << (chosen % 8)
    guard scheduler.set(one) else { return try body() }
    defer { _ = scheduler.set(all) }
    return try body()
  }

  /// Before another process is started: this thread may have been made by one that is pinned, and the process would be too.
  static func unpin() {
    if let all { _ = Scheduler()?.set(all) }
  }
}

/// The two functions of glibc and musl that its headers show to C with extensions only.
private struct Scheduler {
  private typealias Function = @convention(c) (Int32, Int, UnsafeMutableRawPointer?) -> Int32
  /// A bit for each of 1,024 processors, as the kernel wants it on little-endian machines.
  private static let bytes = 128

  private let getter: Function
  private let setter: Function

  /// Nil where the system has no such functions.
  init?() {
    guard let get = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "sched_getaffinity"),
      let set = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "sched_setaffinity")
    else { return nil }
    getter = unsafeBitCast(get, to: Function.self)
    setter = unsafeBitCast(set, to: Function.self)
  }

  /// Those that the calling thread may run on.
  func processors() -> [UInt8]? {
    var mask = [UInt8](repeating: 0, count: Self.bytes)
    return mask.withUnsafeMutableBytes { getter(0, $0.count, $0.baseAddress) } == 0 ? mask : nil
  }

  func set(_ mask: [UInt8]) -> Bool {
    var mask = mask
    return mask.withUnsafeMutableBytes { setter(0, $0.count, $0.baseAddress) } == 0
  }
}
