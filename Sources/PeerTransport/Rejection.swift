// Why a greeting is refused, and the rules that decide it. Pure: touches nothing.

package import NIOCore

/// Sent to the peer in words, so that both logs tell the same story.
package struct Rejection: Hashable, Sendable, CustomStringConvertible {
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let version = Code(rawValue: 1)
    package static let cluster = Code(rawValue: 2)
    package static let unknownNode = Code(rawValue: 3)
    package static let certificate = Code(rawValue: 4)
    package static let staleIncarnation = Code(rawValue: 5)
    package static let tooManyClients = Code(rawValue: 6)
    package static let wrongNode = Code(rawValue: 7)
    package static let malformed = Code(rawValue: 8)
    /// The peer's files are of an earlier epoch than this side's.
    package static let earlierEpoch = Code(rawValue: 9)
    /// They are of a later one.
    package static let laterEpoch = Code(rawValue: 10)
  }

  package var code: Code
  package var words: String
  /// With `earlierEpoch`: what the peer has to know of the later ones.
  package var notice: ByteBuffer?

  package init(code: Code, words: String) {
    self.code = code
    self.words = words
  }

  package var description: String { words }
}

/// Who may connect: what a connection's state machine asks before it believes a greeting.
package struct Admission: Sendable {
  package var local: PeerIdentity
  /// The nodes of the cluster, without this one.
  package var nodes: Set<NodeID>
  /// The highest incarnation that each node has shown.
  package var highestIncarnation: [NodeID: UInt64] = [:]
  package var hasRoomForClients = true
  /// Without TLS there is no certificate to compare a greeting with.
  package var believesNames = false
  /// For peers of an earlier epoch.
  package var notice = ByteBuffer()

  package init(local: PeerIdentity, nodes: Set<NodeID>) {
    self.local = local
    self.nodes = nodes
  }

  private static func words(_ versions: ClosedRange<UInt16>) -> String {
    versions.count == 1
      ? "version \(versions.lowerBound)" : "versions \(versions.lowerBound) to \(versions.upperBound)"
  }

  /// Nil when the peer is who it says it is and welcome.
  /// - Parameters:
  ///   - certificateURIs: the URIs in the certificate that TLS has verified.
  ///   - dialed: the node that was dialed; nil for an accepted connection.
  package func rejection(
    of hello: HandshakeMessage.Hello, certificateURIs: [String], dialed: NodeID?
  ) -> Rejection? {
    let peer = hello.identity
    let ours = HandshakeMessage.versions
    guard hello.versions.overlaps(ours) else {
      return Rejection(
        code: .version,
        words:
          "\(local.node) speaks protocol \(Self.words(ours)), \(peer.node) speaks \(Self.words(hello.versions)): upgrade the older one"
      )
    }
    guard peer.cluster == local.cluster else {
      return Rejection(
        code: .cluster,
        words: "\(local.node) is in cluster \(local.cluster), \(peer.node) is in cluster \(peer.cluster)")
    }
    guard believesNames || certificateURIs == [peer.certificateURI] else {
      let names = certificateURIs.isEmpty ? "nobody" : certificateURIs.joined(separator: ", ")
      return Rejection(
        code: .certificate,
        words: "the peer says it is \(peer.certificateURI), but its certificate is for \(names)")
    }
    if let dialed, peer.node != dialed || peer.role != .node {
      return Rejection(
        code: .wrongNode,
        words: "\(local.node) dialed \(dialed), but \(peer.node) answered: check the address of \(dialed)")
    }
    switch peer.role {
    case .node:
      guard nodes.contains(peer.node), peer.node != local.node || local.role == .client else {
        return Rejection(
          code: .unknownNode,
          words:
            "\(local.node) knows no other node named \(peer.node): add it with switchboard ctl add, unless it was removed"
        )
      }
      if let highest = highestIncarnation[peer.node], peer.incarnation < highest {
        return Rejection(
          code: .staleIncarnation,
          words:
            "\(peer.node) came with incarnation \(peer.incarnation), but \(local.node) has seen \(highest): it runs on restored old data, or an old process still lives"
        )
      }
      return epochRejection(of: peer)
    case .client:
      guard hasRoomForClients else {
        return Rejection(
          code: .tooManyClients, words: "\(local.node) has as many clients as it may have: try another node")
      }
    }
    return nil
  }

  /// A person has had a node go on without the others: what they have is of an earlier epoch, and nobody may count on it. Files
  /// that hold nothing yet may meet everybody.
  private func epochRejection(of peer: PeerIdentity) -> Rejection? {
    guard local.role == .node, local.epoch != peer.epoch, local.epoch != 0, peer.epoch != 0 else {
      return nil
    }
    guard peer.epoch < local.epoch else {
      return Rejection(
        code: .laterEpoch,
        words:
          "\(local.node) is of an earlier epoch (\(local.epoch)) than \(peer.node) (\(peer.epoch)): it takes nothing from it "
          + "before it has set its own files aside, which it does as soon as it can reach \(peer.node)")
    }
    var rejection = Rejection(
      code: .earlierEpoch,
      words:
        "a person has had the cluster go on without \(peer.node), in epoch \(local.epoch); \(peer.node) comes with files of epoch "
        + "\(peer.epoch), sets them aside and joins again on new ones")
    rejection.notice = notice
    return rejection
  }
}
