// The shared board of a node: its streams, its receivers, its log.
import Alarms
import Logging
import Synchronization
import Testing

/// Keeps what is logged.
final class KeptLog: Sendable {
  let lines = Mutex<[String]>([])

  struct Handler: LogHandler {
    let kept: KeptLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      let words = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      kept.lines.withLock {
        $0.append("\(event.level) \(event.message) \(words.joined(separator: " "))")
      }
    }
  }

  var logger: Logger { Logger(label: "test") { _ in Handler(kept: self) } }
}

@Suite struct AlarmCenterTests {
  private let log = KeptLog()
  private let center: AlarmCenter

  init() {
    let log = log
    let time = TimeBox()
    center = AlarmCenter(
      node: "north", incarnation: 1, clock: { AlarmTime(monotonic: time.advance(), wall: 1) },
      logger: log.logger)
  }

  /// A second passes whenever somebody looks.
  private final class TimeBox: Sendable {
    private let now = Mutex<Int64>(0)
    func advance() -> Int64 {
      now.withLock {
        $0 += 1_000
        return $0
      }
    }
  }

  private let full = AlarmCondition(.disk, "north", .critical, "no room")

  @Test func readersAndReceiversSeeEveryChangeInOrder() async throws {
    center.observe([full])
    let (active, changes) = center.changes()
    #expect(active.map(\.kind) == [.disk])
    let received = Mutexed<[AlarmChange.Kind]>([])
    center.forward { change in received.value.withLock { $0.append(change.kind) } }
    _ = try center.acknowledge("north-1-1", by: "ann", note: nil)
    for _ in 0..<7 { center.observe([]) }
    var seen: [AlarmChange.Kind] = []
    for try await change in changes {
      seen.append(change.kind)
      if seen.count == 2 { break }
    }
    #expect(seen == [.acknowledged, .cleared])
    #expect(received.value.withLock { $0 } == seen)
    #expect(center.list.active == [] && center.list.history?.count == 1)
  }

  private final class Mutexed<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
  }

  /// Its reader takes nothing: it is told that it missed some, and the center goes on.
  @Test func aReaderThatFallsBehindIsEnded() async {
    center.observe([full])
    let (_, changes) = center.changes()
    for _ in 0...AlarmCenter.streamBuffer {
      _ = try? center.acknowledge("north-1-1", by: "ann", note: nil)
    }
    var count = 0
    await #expect(throws: AlarmsMissed.self) {
      for try await _ in changes { count += 1 }
    }
    #expect(count == AlarmCenter.streamBuffer)
  }

  @Test func eachChangeIsOneLineWithWhatToDo() throws {
    center.observe([full])
    _ = try center.acknowledge("north-1-1", by: "ann", note: "on it")
    for _ in 0..<7 { center.observe([]) }
    let lines = log.lines.withLock { $0 }
    #expect(lines.count == 3)
    #expect(
      lines.first
        == "critical alarm raised alarm=north-1-1 detail=no room do=\(AlarmKind.disk.entry.advice) kind=disk severity=critical "
        + "subject=north")
    #expect(lines.dropFirst().first?.hasPrefix("notice alarm acknowledged") == true)
    #expect(lines.last?.hasPrefix("notice alarm cleared") == true)
  }

  @Test func countsAreForStatusLines() {
    center.observe([full, AlarmCondition(.chaosAllowed, "north", .info, "")])
    let counts = AlarmCounts(center.active)
    #expect(counts.critical == 1 && counts.warning == 0 && counts.info == 1 && counts.unacknowledged == 2)
    #expect(center.active.map(\.severity) == [.critical, .info])
  }
}
