// When the TLS files are read again, and what the log says of it.
import Foundation
import Logging
import PeerTransport
import Switchboard
import Synchronization
import Testing

@Suite struct CertificateKeeperTests {
  /// Two files, a transport that is none, and its log.
  private final class Bench: Sendable {
    struct State {
      var reads = 0
      /// What the next read comes to, and what the last one came to.
      var failure: TransportError?
      var shown: TransportError?
      var expires: Int64 = 1_000_000_000
      var now: Int64 = 0
      var lines: [String] = []
    }

    let directory = NSTemporaryDirectory() + "/keeper-" + UUID().uuidString
    let state = Mutex(State())

    init() throws {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      for path in paths { try "one".write(toFile: path, atomically: true, encoding: .utf8) }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var paths: [String] { ["north.pem", "north.key"].map { directory + "/" + $0 } }
    var reads: Int { state.withLock { $0.reads } }
    var lines: [String] { state.withLock { $0.lines } }

    func keeper() -> CertificateKeeper {
      CertificateKeeper(
        paths: paths, logger: Logger(label: "test") { _ in Lines(bench: self) },
        reload: {
          try self.state.withLock { state in
            state.reads += 1
            state.shown = state.failure
            if let failure = state.failure { throw failure }
          }
        },
        status: {
          self.state.withLock { state in
            CertificateStatus(
              holder: NodeID(rawValue: "north"), serial: "0a",
              dates: [.init(file: .own, path: "north.pem", expires: state.expires)], failure: state.shown)
          }
        },
        now: { self.state.withLock { $0.now } })
    }
  }

  private struct Lines: LogHandler {
    let bench: Bench
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      bench.state.withLock { $0.lines.append("\(event.level) \(event.message)") }
    }
  }

  @Test func filesAreReadWhenTheyChange() async throws {
    let bench = try Bench()
    let keeper = bench.keeper()
    // The first look reads: the files may have changed since the node read them at its start.
    await keeper.look()
    for _ in 0..<5 { await keeper.look() }
    #expect(bench.reads == 1 && bench.lines == [])
    // Replaced by one of the same size at once: another inode.
    try "two".write(toFile: bench.paths[1] + ".new", atomically: false, encoding: .utf8)
    #expect(rename(bench.paths[1] + ".new", bench.paths[1]) == 0)
    await keeper.look()
    await keeper.look()
    #expect(bench.reads == 2)
    // Written over in place.
    try "longer".write(toFile: bench.paths[0], atomically: false, encoding: .utf8)
    await keeper.look()
    #expect(bench.reads == 3)
    try FileManager.default.removeItem(atPath: bench.paths[0])
    await keeper.look()
    await keeper.look()
    #expect(bench.reads == 4)
  }

  @Test func newsIsSaidAndNothingElse() async throws {
    let bench = try Bench()
    let keeper = bench.keeper()
    await keeper.look()
    try "touched".write(toFile: bench.paths[0], atomically: true, encoding: .utf8)
    await keeper.look()
    #expect(bench.reads == 2 && bench.lines == [])
    await keeper.look(isAsked: true)
    #expect(bench.reads == 3 && bench.lines == ["notice certificates reloaded: new connections use them"])
  }

  @Test func aFailureIsSaidOnceAndTriedAgain() async throws {
    let bench = try Bench()
    let keeper = bench.keeper()
    await keeper.look()
    bench.state.withLock { $0.failure = .keyMismatch(certificatePath: "a", keyPath: "b") }
    try "half".write(toFile: bench.paths[0], atomically: true, encoding: .utf8)
    for _ in 0..<4 { await keeper.look() }
    #expect(bench.reads == 5)
    #expect(
      bench.lines.count == 1 && bench.lines[0].hasPrefix("error the TLS files changed and cannot be used"))
    // Another reason is news; so is an answer to somebody who asks.
    bench.state.withLock { $0.failure = .fileInvalid(path: "a", detail: "empty") }
    for _ in 0..<3 { await keeper.look() }
    #expect(bench.lines.count == 2)
    await keeper.look(isAsked: true)
    #expect(bench.lines.count == 3)
    // The second of two files arrives, with the time of the first look: it works without another change.
    bench.state.withLock { $0.failure = nil }
    await keeper.look()
    await keeper.look()
    #expect(bench.reads == 10 && bench.lines.last == "notice certificates reloaded: new connections use them")
  }

  @Test func alarmsAreAsLoudAsTheyAreUrgent() async throws {
    let bench = try Bench()
    let keeper = bench.keeper()
    let end = bench.state.withLock { $0.expires }
    for days in [40, 29, 6, 5, 0, -1] as [Int64] {
      bench.state.withLock { $0.now = end - days * 86_400 - 1 }
      await keeper.look()
    }
    #expect(bench.lines.map { $0.prefix { $0 != " " } } == ["notice", "warning", "error", "critical"])
  }
}
