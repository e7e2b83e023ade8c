// How a node ends upon a signal: its leaderships go first; and how it ends at once. Touches signals and the process.
internal import ActorCluster
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Drains the node when the group ends, before the services that were started earlier.
struct DrainService: Service {
  let system: ClusterSystem
  /// How long that may take.
  let grace: Duration
  let logger: Logger

  func run() async throws {
    try? await gracefulShutdown()
    guard grace > .zero, let status = await system.drain(within: grace) else { return }
    guard status.phase != .drained else { return logger.notice("drained: leads nothing any more, and stops") }
    logger.warning(
      "stops without being drained: partitions that it led are without a leader for a moment",
      metadata: [
        "partitions": "\(status.leads.count)",
        "because":
          "\(status.obstacle ?? "the grace time of stop.grace_seconds is over, or it is the only node")",
      ])
  }
}

enum SecondSignal {
  /// Ends the process upon the second signal that asks for its end; what was acknowledged is on the disk.
  static func endsTheProcess(_ logger: Logger) async {
    var count = 0
    for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
      count += 1
      guard count > 1 else { continue }
      logger.warning("ends at once, because of a second signal", metadata: ["signal": "\(signal)"])
      // Not exit(3): handlers could wait for what is being ended.
      _exit(ExitStatus.ok.rawValue)
    }
  }
}

/// The version of the program.
enum ProgramVersion {
  static let text = "development"
}
