// The two timing presets: the only thing that LAN and WAN clusters differ in. Pure.
package import ActorCluster
package import PeerTransport

package enum TimingPreset: String, CaseIterable, Equatable, Sendable {
  /// Nodes on one site: round trips of at most a few milliseconds.
  case lan
  /// Nodes on several sites: round trips of up to 200 ms.
  case wan

  package var cluster: ClusterTiming {
    var timing = ClusterTiming()
    if self == .wan {
      timing.tickMilliseconds = 50
      timing.electionTicks = 40
      timing.heartbeatTicks = 6
      timing.attemptMilliseconds = 4_000
      timing.settleMilliseconds = 10_000
    }
    return timing
  }

  package var transport: TransportTiming {
    var timing = TransportTiming()
    if self == .wan {
      timing.handshakeTimeout = .seconds(10)
      timing.connectTimeout = .seconds(5)
      timing.minimumBackoff = .milliseconds(50)
      timing.maximumBackoff = .seconds(5)
      timing.unacknowledgedTimeout = .seconds(10)
      timing.silenceLimit = .seconds(10)
      timing.receiveBufferBytes = nil
      timing.closeTimeout = .seconds(1)
    }
    return timing
  }
}
