// Heartbeats on a link that callers and a snapshot fill: sent from the loop of the links, as a node sends its own.
internal import ActorCluster
internal import NIOCore
internal import PeerTransport
internal import Synchronization

struct HeartbeatFigures: Sendable {
  /// Seconds, of those that came.
  var delays: Percentiles
  var lateness: Percentiles
  var sent: Int
  var bulkBytesPerSecond: Double
  /// How often the bulk lane was found empty.
  var pauses: Int
  var calls: CallsFigures
}

struct HeartbeatLoad {
  private static let interval = TimeAmount.milliseconds(10)
  private static let chunkBytes = 1 << 20
  /// So much waits in the bulk lane.
  private static let queuedBytes = 16 << 20

  let load: CallsBenchLoad
  let sender: PeerSender
  /// That of the links.
  let loop: any EventLoop

  private final class Counts: Sendable {
    let sent = Atomic(0)
    let pauses = Atomic(0)
  }

  func run(bytes: Int, callers: Int, seconds: Double) async throws -> HeartbeatFigures {
    let counts = Counts()
    let chunk = Heartbeat.snapshotChunk(bytes: Self.chunkBytes)
    refill(chunk)
    let filling = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(1)) { [self] _ in
      if sender.bytesQueued(.bulk) == 0 { counts.pauses.wrappingAdd(1, ordering: .relaxed) }
      refill(chunk)
    }
    defer { filling.cancel() }
    // The kernel's buffers are full when it counts.
    try await Task.sleep(for: .milliseconds(100))
    _ = try await load.echo.heartbeats(Done())
    let start = ContinuousClock.now
    beat(at: .now() + Self.interval, until: .now() + .nanoseconds(Int64(seconds * 1e9)), counts)
    let calls = try await load.calls(bytes: bytes, callers: callers, seconds: seconds)
    filling.cancel()
    // Those that are on their way.
    try await Task.sleep(for: .milliseconds(100))
    let report = try await load.echo.heartbeats(Done())
    return HeartbeatFigures(
      delays: Percentiles(report.delays), lateness: Percentiles(report.lateness),
      sent: counts.sent.load(ordering: .relaxed),
      bulkBytesPerSecond: Double(report.bulkBytes) / start.seconds,
      pauses: counts.pauses.load(ordering: .relaxed), calls: calls)
  }

  private func refill(_ chunk: ByteBuffer) {
    while sender.bytesQueued(.bulk) < Self.queuedBytes, sender.send(chunk, lane: .bulk) == .queued {}
  }

  private func beat(at due: NIODeadline, until end: NIODeadline, _ counts: Counts) {
    guard due < end else { return }
    loop.scheduleTask(deadline: due) { [self] in
      let outcome = sender.send(lane: .control) { frame in
        Heartbeat(due: due.uptimeNanoseconds, sent: NIODeadline.now().uptimeNanoseconds).write(to: &frame)
      }
      if outcome == .queued { counts.sent.wrappingAdd(1, ordering: .relaxed) }
      beat(at: due + Self.interval, until: end, counts)
    }
  }
}
