// Reloading certificates and revocation lists, and what is known of those in use. Touches files through what it loads.

internal import NIOCore
internal import NIOSSL

extension PeerTransport {
  /// Reads the TLS files again. New connections use them; existing ones stay, but for those of peers whose certificates are
  /// now revoked: they are closed. On an error what was read before stays in use, and the error is in
  /// ``certificates`` until a reload succeeds.
  ///
  /// Reads from the disk, so call it on no event loop.
  public func reloadCertificates() throws(TransportError) {
    guard case .mutualTLS(let contexts) = security else { return }
    do throws(TransportError) {
      try contexts.replace(with: try Self.loadContexts(configuration))
    } catch {
      contexts.failed(error)
      throw error
    }
    eventLoop.execute { [core] in core.value?.closeRevoked() }
  }

  /// The TLS files in use. From any thread.
  public var certificates: CertificateStatus {
    switch security {
    case .mutualTLS(let contexts): contexts.status
    case .plaintextOnLoopback: CertificateStatus(holder: configuration.identity.node, serial: "", dates: [])
    }
  }

  /// When the certificates end that connected nodes have shown, in seconds since 1970. Connections outlive a renewal, so that
  /// a node may have a newer one.
  package func peerCertificates() async -> [NodeID: Int64] {
    let prefix = "switchboard://\(configuration.identity.cluster)/\(PeerRole.node.rawValue)/"
    // Fails only when the loop is shut down: then nobody is connected.
    return
      (try? await eventLoop.submit { [core] in
        var ends: [NodeID: Int64] = [:]
        for connection in core.value?.connections.values.map(\.self) ?? [] {
          guard let certificate = connection.peerCertificate,
            let uri = certificate.switchboardURIs.first, uri.hasPrefix(prefix)
          else { continue }
          let node = NodeID(rawValue: String(uri.dropFirst(prefix.count)))
          ends[node] = max(ends[node] ?? .min, Int64(certificate.notValidAfter))
        }
        return ends
      }.get()) ?? [:]
  }
}
