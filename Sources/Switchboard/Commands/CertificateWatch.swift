// Takes up new certificates while the node runs, and raises alarms before they end. A shell: files, clock, a signal.
package import ActorCluster
internal import Foundation
package import Logging
internal import PeerTransport
internal import ServiceLifecycle
internal import UnixSignals

/// Looks at the TLS files every ten seconds, and at once upon SIGHUP.
package struct CertificateWatch: Service {
  private let system: ClusterSystem
  private let logger: Logger
  private let interval: Duration

  package init(system: ClusterSystem, logger: Logger, interval: Duration = .seconds(10)) {
    self.system = system
    self.logger = logger
    self.interval = interval
  }

  /// To be called before a node starts: a signal that comes before anybody waits for it must not end the process. It is handled
  /// and not ignored, because what is ignored (`nohup` does so) never reaches whoever waits on Linux.
  package static func outliveHangups() { signal(SIGHUP) { _ in } }

  package func run() async throws {
    let tls = system.configuration.transport.tls
    let keeper = CertificateKeeper(
      paths: [tls.certificatePath, tls.keyPath, tls.authorityPath, tls.revocationListPath].compactMap(\.self),
      logger: logger, reload: { [system] in try system.reloadCertificates() },
      status: { [system] in system.certificates }, now: { [system] in system.secondsNow })
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
          repeat { await keeper.look() } while (try? await Task.sleep(for: interval)) != nil
        }
        tasks.addTask {
          for await _ in hangups { await keeper.look(isAsked: true) }
        }
      }
    }
  }
}
