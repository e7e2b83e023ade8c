// The watch over a running system's certificates: by itself, and upon SIGHUP.
import ActorCluster
import CertificateAuthority
import Foundation
import Logging
import NIOPosix
import PeerTransport
import Switchboard
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct CertificateWatchTests {
  private let directory = NSTemporaryDirectory() + "/watch-" + UUID().uuidString

  /// A client, which needs no store, with a certificate of the authority in `directory`.
  private func system() throws -> (ClusterSystem, AuthorityDirectory) {
    let authority = try AuthorityDirectory.create(cluster: "test", path: directory, now: Date())
    _ = try authority.issue(name: "tool", role: .client, validFor: .seconds(86_400), now: Date())
    let configuration = SystemConfiguration(
      topology: ClusterTopology(name: "test", nodes: [NodeID(rawValue: "north")], partitionCount: 1),
      transport: TransportConfiguration(
        identity: PeerIdentity(
          cluster: "test", node: NodeID(rawValue: "tool"), incarnation: 1, role: .client),
        listen: nil, peers: [:],
        tls: TransportTLS(
          certificatePath: directory + "/tool.pem", keyPath: directory + "/tool.key",
          authorityPath: directory + "/ca.pem", revocationListPath: directory + "/crl.pem")))
    let system = try ClusterSystem(
      configuration: configuration, types: DurableTypes([]), store: nil,
      group: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      onStoreFailure: { _ in })
    return (system, authority)
  }

  private func watched(
    every interval: Duration, _ body: (ClusterSystem, AuthorityDirectory) async throws -> Void
  ) async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let (system, authority) = try system()
    let watch = CertificateWatch(system: system, logger: system.logger, interval: interval)
    let task = Task { try await watch.run() }
    try await body(system, authority)
    task.cancel()
    _ = await task.result
  }

  @Test func renewedAndRevokedFilesAreTakenUpByThemselves() async throws {
    try await watched(every: .milliseconds(20)) { system, authority in
      let before = system.certificates
      _ = try authority.renew(name: "tool", validFor: .seconds(2 * 86_400), now: Date())
      while system.certificates.serial == before.serial { try await Task.sleep(for: .milliseconds(5)) }
      #expect(system.certificates.listNumber == 1 && !system.certificates.isRevoked)
      _ = try authority.revoke(.name("tool", nil), now: Date())
      while system.certificates.listNumber != 2 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(system.certificates.isRevoked && system.certificates.failure == nil)
    }
  }

  @Test func aHangupDoesNotWaitForTheNextLook() async throws {
    // As under nohup.
    signal(SIGHUP, SIG_IGN)
    CertificateWatch.outliveHangups()
    try await watched(every: .seconds(3600)) { system, authority in
      let before = system.certificates
      // Until the watch has looked once and listens.
      try await Task.sleep(for: .seconds(3))
      _ = try authority.renew(name: "tool", validFor: .seconds(2 * 86_400), now: Date())
      try await Task.sleep(for: .milliseconds(100))
      #expect(system.certificates == before)
      while system.certificates.serial == before.serial {
        kill(getpid(), SIGHUP)
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }
}
