// The heartbeats of the benchmark: what is sent, and what the other process notes of them.
internal import NIOCore
internal import PeerTransport
internal import Synchronization

/// Two moments of the monotonic clock, which is one for all processes of a machine. Nanoseconds.
package struct Heartbeat: Equatable, Sendable {
  package var due: UInt64
  package var sent: UInt64

  package init(due: UInt64, sent: UInt64) {
    (self.due, self.sent) = (due, sent)
  }
}

extension Heartbeat {
  /// No frame of calls or partitions begins like these two.
  private static let kind: UInt8 = 0xFE
  private static let snapshotKind: UInt8 = 0xFD

  static func snapshotChunk(bytes: Int) -> ByteBuffer {
    var chunk = ByteBuffer(integer: snapshotKind)
    chunk.writeRepeatingByte(0x5A, count: bytes - 1)
    return chunk
  }

  static func isSnapshotChunk(_ frame: ByteBuffer) -> Bool {
    frame.getInteger(at: frame.readerIndex, as: UInt8.self) == snapshotKind
  }

  func write(to frame: inout ByteBuffer) { frame.writeMultipleIntegers(Self.kind, due, sent) }

  init?(decoding frame: ByteBuffer) {
    var input = frame
    guard let (kind, due, sent) = input.readMultipleIntegers(as: (UInt8, UInt64, UInt64).self),
      kind == Self.kind, input.readableBytes == 0
    else { return nil }
    self.init(due: due, sent: sent)
  }
}

/// What has come since the last report.
struct HeartbeatReport: Codable, Sendable {
  /// Seconds from sent to delivered.
  var delays: [Double] = []
  /// Seconds from due to sent.
  var lateness: [Double] = []
  var bulkBytes = 0
}

/// Notes heartbeats as the transport delivers them, before anybody else sees them.
final class HeartbeatLog: Sendable {
  /// Heartbeats past so many are not noted.
  private static let limit = 100_000
  private let state = Mutex(HeartbeatReport())

  func observe(_ event: TransportEvent) {
    guard case .frame(_, let frame) = event else { return }
    if let beat = Heartbeat(decoding: frame) {
      let now = NIODeadline.now().uptimeNanoseconds
      state.withLock { report in
        guard report.delays.count < Self.limit else { return }
        report.delays.append(Double(now - min(now, beat.sent)) / 1e9)
        report.lateness.append(Double(beat.sent - min(beat.sent, beat.due)) / 1e9)
      }
    } else if Heartbeat.isSnapshotChunk(frame) {
      state.withLock { $0.bulkBytes += frame.readableBytes }
    }
  }

  func take() -> HeartbeatReport {
    state.withLock { report in
      defer { report = HeartbeatReport() }
      return report
    }
  }
}
