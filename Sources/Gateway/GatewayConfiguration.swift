// Everything a gateway is told when it is made: values.
public import PeerTransport

/// Limits on what callers can make this node hold or wait for (promise P6).
public struct GatewayLimits: Equatable, Sendable {
  /// Bytes of a request's body; more is refused with 413.
  public var bodyBytes = 64 * 1024
  /// Requests being answered at once; more are refused with 429. Event streams do not count.
  public var requests = 2_000
  /// Event streams open at once; more are refused with 429.
  public var eventStreams = 256
  /// Connections open at once; more wait in the listen backlog until one closes.
  public var connections = 4_096
  /// How long a connection may stay silent between requests or within one.
  public var idleTimeout: Duration = .seconds(75)
  /// How often an event stream says that it is alive.
  public var keepAlive: Duration = .seconds(10)
  /// How long the reader of an event stream may take no bytes before it is cut off. It resumes by `Last-Event-ID`.
  public var stalledReader: Duration = .seconds(30)
  /// Agents in one answer of `GET /v1/agents`, and queues in one of `GET /v1/queues`.
  public var listed = 1_000

  public init() {}
}

/// What a node's HTTP API is and who may use it.
public struct GatewayConfiguration: Sendable {
  /// Where to listen. Port 0 takes any free port.
  public var listen: HostPort
  public var node: NodeID
  public var cluster: String
  /// Who may call. Without any, only `/`, `/healthz` and `/readyz` answer.
  public var tokens: [APIToken]
  /// Base URLs of the nodes' APIs (`http://127.0.0.1:8080`), for the page, which goes on with another node when its own
  /// dies. A page of one of these origins may call this node.
  public var peersAPI: [NodeID: String]
  /// The program's version, as `/v1/cluster` tells it.
  public var version: String
  public var limits: GatewayLimits

  public init(
    listen: HostPort, node: NodeID, cluster: String, tokens: [APIToken], peersAPI: [NodeID: String] = [:],
    version: String = "development", limits: GatewayLimits = GatewayLimits()
  ) {
    self.listen = listen
    self.node = node
    self.cluster = cluster
    self.tokens = tokens
    self.peersAPI = peersAPI
    self.version = version
    self.limits = limits
  }
}
