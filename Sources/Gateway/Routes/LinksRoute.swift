// `/v1/links`: this node's connections to its peers.
package import ActorCluster
internal import Hummingbird
package import PeerTransport

/// `GET /v1/links`
package struct LinksJSON: Codable, Equatable, Sendable {
  /// One connection, or the attempt to make one.
  package struct Link: Codable, Equatable, Sendable {
    package var peer: String
    /// `node` or `client`.
    package var role: String
    /// `dialed` by the node that answers, or `accepted`. Between nodes each sends on the one that it dialed.
    package var direction: String
    /// `ready`, `handshaking` or `waiting`.
    package var state: String
    /// Why the last attempt failed, if it did.
    package var problem: String?
    package var address: String?
    package var incarnation: UInt64?
    /// Of the protocol that both ends use.
    package var version: UInt16?
    /// From a ping to its answer, smoothed.
    package var roundTripUs: Int64?
    package var lastRoundTripUs: Int64?
    package var minimumRoundTripUs: Int64?
    /// Bytes that wait to be sent, by lane.
    package var queued: [String: Int]
    package var bytesSent: UInt64
    package var bytesReceived: UInt64
    package var framesSent: UInt64
    package var framesReceived: UInt64
  }

  /// What calls hold on this node.
  package struct Calls: Codable, Equatable, Sendable {
    /// The calls of one connection against their windows, in bytes.
    package struct Credit: Codable, Equatable, Sendable {
      package var peer: String
      /// Of calls to the peer that it has not answered, and how many it allows.
      package var underWay: Int
      package var window: Int
      /// Of the peer's calls that are not answered here.
      package var fromPeer: Int
    }

    package var credit: [Credit]
    /// Calls that went out and are not answered, also those that nobody waits for any more.
    package var kept: Int
    /// Calls of peers that run here.
    package var running: Int
    /// What reached nobody, by kind; kinds that never came are left out.
    package var deadLetters: [String: UInt64]
  }

  /// The node that answers.
  package var node: String
  package var links: [Link]
  /// Connections that it refused or cut since its start, by kind; kinds that never came are left out.
  package var refused: [String: UInt64]
  package var calls: Calls

  package init(
    node: NodeID, links: [LinkStatus], counters: TransportCounters, calls held: CallStatistics
  ) {
    calls = Calls(
      credit: held.credit.map {
        Calls.Credit(
          peer: $0.peer.node.rawValue, underWay: $0.bytesUnderWay, window: $0.window,
          fromPeer: $0.bytesFromPeer)
      }, kept: held.kept, running: held.running,
      deadLetters: Dictionary(uniqueKeysWithValues: held.deadLetters.map { ($0.key.rawValue, $0.value) }))
    self.node = node.rawValue
    self.links = links.map(Link.init)
    refused = Dictionary(uniqueKeysWithValues: counters.refused.map { ($0.key.rawValue, $0.value) })
  }
}

extension LinksJSON.Link {
  package init(_ link: LinkStatus) {
    peer = link.peer.rawValue
    role = link.role.rawValue
    direction = link.direction.rawValue
    switch link.state {
    case .handshaking: state = "handshaking"
    case .ready: state = "ready"
    case .waiting(let why):
      state = "waiting"
      problem = why
    }
    address = link.address
    incarnation = link.incarnation
    version = link.version
    roundTripUs = link.roundTrip.map(Self.microseconds)
    lastRoundTripUs = link.lastRoundTrip.map(Self.microseconds)
    minimumRoundTripUs = link.minimumRoundTrip.map(Self.microseconds)
    queued = Dictionary(uniqueKeysWithValues: Lane.allCases.map { ("\($0)", link.queued[$0]) })
    bytesSent = link.bytesSent
    bytesReceived = link.bytesReceived
    framesSent = link.framesSent
    framesReceived = link.framesReceived
  }

  private static func microseconds(_ duration: Duration) -> Int64 {
    duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
  }
}

struct LinksRoute: Sendable {
  let system: ClusterSystem
  let configuration: GatewayConfiguration

  func register(on routes: GuardedRoutes) {
    routes.on(.get, "/v1/links", needing: .read) { _, _, _ in
      JSONBody.response(
        LinksJSON(
          node: configuration.node, links: system.links(), counters: system.linkCounters(),
          calls: system.callStatistics()))
    }
  }
}
