// What the tests of the transport share: a recorder of events, certificates, ports, seeded randomness.
// Touches the file system and the network of this machine.

import CertificateAuthority
import Foundation
import Logging
import NIOCore
import NIOPosix
import PeerTransport
import Synchronization
import Testing

/// A small generator with known output (SplitMix64), so that a failure can be replayed from its seed.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension ByteBuffer {
  init(_ text: String) { self.init(string: text) }
  var text: String { String(buffer: self) }
}

func node(_ name: String) -> NodeID { NodeID(rawValue: name) }

/// Waits until something is true. Polls: what it waits for happens on threads of others.
func eventually(_ what: String, within limit: Duration = .seconds(120), _ condition: () -> Bool) async throws
{
  let start = ContinuousClock.now
  while !condition() {
    guard ContinuousClock.now - start < limit else {
      Issue.record("not within \(limit): \(what)")
      throw CancellationError()
    }
    try await Task.sleep(for: .milliseconds(1))
  }
}

/// Every event of one transport, with the time it came.
final class Recorder: Sendable {
  private let state = Mutex<[(event: TransportEvent, at: ContinuousClock.Instant)]>([])

  func record(_ event: TransportEvent) {
    let now = ContinuousClock.now
    state.withLock { $0.append((event, now)) }
  }

  var events: [TransportEvent] { state.withLock { $0.map(\.event) } }
  var timed: [(event: TransportEvent, at: ContinuousClock.Instant)] { state.withLock { $0 } }

  /// The events in words, without the frames: "+north#1", "-north#1", "!north".
  var story: [String] {
    events.compactMap { event in
      switch event {
      case .connected(let peer, greeting: _): "+\(peer)"
      case .disconnected(let peer, _): "-\(peer)"
      case .refused(let node): "!\(node)"
      case .outdated(let node): "<\(node)"
      case .superseded(let node, _): "<<\(node)"
      case .frame: nil
      }
    }
  }

  var frames: [ByteBuffer] {
    events.compactMap { event in
      if case .frame(_, let frame) = event { frame } else { nil }
    }
  }

  /// For each peer: connected and disconnected alternate, and frames come only in between. Nil when all is
  /// well.
  var incoherence: String? {
    var connected: Set<PeerIdentity> = []
    for (index, event) in events.enumerated() {
      switch event {
      case .connected(let peer, greeting: _):
        if !connected.insert(peer).inserted { return "event \(index): \(peer) connected twice" }
      case .disconnected(let peer, _):
        if connected.remove(peer) == nil {
          return "event \(index): \(peer) disconnected but was not connected"
        }
      case .frame(let peer, _):
        if !connected.contains(peer) { return "event \(index): frame from \(peer), which is not connected" }
      case .refused, .outdated, .superseded: break
      }
    }
    return nil
  }
}

/// Collects log lines at warning and above.
struct LogCollector: LogHandler {
  final class Lines: Sendable {
    private let state = Mutex<[String]>([])
    func add(_ line: String) { state.withLock { $0.append(line) } }
    var all: [String] { state.withLock { $0 } }
  }

  let lines: Lines
  var metadata = Logger.Metadata()
  var logLevel = Logger.Level.warning
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }
  func log(event: LogEvent) { lines.add("\(event.message)") }
}

/// Ports that nobody listens on, below the range that the kernel gives to outgoing connections.
enum Ports {
  private static let next = Mutex(20_000 + Int.random(in: 0..<9_000))

  static func free() -> Int {
    while true {
      let port = next.withLock { port in
        port = port >= 31_900 ? 20_000 : port + 1
        return port
      }
      if isFree(port) { return port }
    }
  }

  /// Before another transport listens where one has just stopped. A process that some other test spawns at that moment holds
  /// copies of this process's sockets until it has closed them.
  static func waitUntilFree(_ port: Int) async throws {
    try await eventually("port \(port) is free") { isFree(port) }
  }

  private static func isFree(_ port: Int) -> Bool {
    guard
      let server = try? ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1).bind(host: "127.0.0.1", port: port)
        .wait()
    else { return false }
    try? server.close().wait()
    return true
  }
}

/// A cluster's certificates in a directory of their own, and transports that use them.
final class TestCluster {
  let name: String
  let directory: String
  let authority: CertificateAuthority
  var addresses: [NodeID: HostPort] = [:]

  init(name: String = "test", nodes: [String] = []) throws {
    self.name = name
    self.directory = NSTemporaryDirectory() + "/transport-" + UUID().uuidString
    self.authority = try CertificateAuthority.create(cluster: name, now: Date())
    for node in nodes { try add(node) }
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func add(_ node: String) throws {
    try authority.issue(name: node, role: .node, now: Date()).write(to: directory)
    addresses[NodeID(rawValue: node)] = HostPort(host: "127.0.0.1", port: Ports.free())
  }

  func addClient(_ client: String) throws {
    try authority.issue(name: client, role: .client, now: Date()).write(to: directory)
  }

  func tls(_ name: String) -> TransportTLS {
    TransportTLS(
      certificatePath: directory + "/\(name).pem", keyPath: directory + "/\(name).key",
      authorityPath: directory + "/ca.pem")
  }

  func configuration(_ name: String, incarnation: UInt64 = 1, role: PeerRole = .node)
    -> TransportConfiguration
  {
    let node = NodeID(rawValue: name)
    return TransportConfiguration(
      identity: PeerIdentity(cluster: self.name, node: node, incarnation: incarnation, role: role),
      listen: role == .node ? addresses[node] : nil, peers: addresses, tls: tls(name))
  }
}

/// A transport with its recorder and log.
struct TestNode {
  let transport: PeerTransport
  let recorder: Recorder
  let log: LogCollector.Lines

  init(
    _ configuration: TransportConfiguration,
    on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    onEvent: (@Sendable (TransportEvent) -> Void)? = nil
  ) throws {
    let recorder = Recorder()
    let lines = LogCollector.Lines()
    self.recorder = recorder
    self.log = lines
    self.transport = try PeerTransport(
      configuration: configuration, eventLoopGroup: group,
      logger: Logger(label: "test") { _ in LogCollector(lines: lines) },
      onEvent: { event in
        recorder.record(event)
        onEvent?(event)
      })
  }

  func waitForLink(to peers: String...) async throws {
    let recorder = recorder
    for peer in peers {
      try await eventually("\(peer) connected, have \(recorder.story)") { recorder.isConnected(peer) }
    }
  }
}

extension Recorder {
  func isConnected(_ node: String) -> Bool {
    var connected = false
    for event in events {
      switch event {
      case .connected(let peer, greeting: _) where peer.node.rawValue == node: connected = true
      case .disconnected(let peer, _) where peer.node.rawValue == node: connected = false
      default: break
      }
    }
    return connected
  }

  func disconnections(of node: String) -> [DisconnectReason] {
    events.compactMap { event in
      if case .disconnected(let peer, let reason) = event, peer.node.rawValue == node { reason } else { nil }
    }
  }
}
