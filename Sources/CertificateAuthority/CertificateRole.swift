// Who a certificate speaks for, and the names that go into it. Pure: touches nothing.

/// What the holder of a certificate is. The role is part of the identity in the certificate, so a client's
/// certificate never passes for a node's.
public enum CertificateRole: String, CaseIterable, Hashable, Codable, Sendable {
  /// A member of the cluster.
  case node
  /// A process that talks to nodes without being a member: tools, load generators.
  case client
  /// The HTTPS server of the gateway. The peer transport accepts it from nobody.
  case api
}

/// Builds and checks the names in certificates.
///
/// A peer's identity is a URI in the subject alternative names (RFC 5280, 4.2.1.6):
/// `switchboard://<cluster>/<role>/<name>`. The authority itself carries
/// `switchboard://<cluster>/authority`.
package enum CertificateNaming {
  static let scheme = "switchboard://"

  package static func identityURI(cluster: String, role: CertificateRole, name: String) -> String {
    "\(scheme)\(cluster)/\(role.rawValue)/\(name)"
  }

  package static func authorityURI(cluster: String) -> String { "\(scheme)\(cluster)/authority" }

  /// The cluster in an authority's URI, or nil when it is another kind of URI.
  static func cluster(fromAuthorityURI uri: String) -> String? {
    guard uri.hasPrefix(scheme), uri.hasSuffix("/authority") else { return nil }
    let cluster = String(uri.dropFirst(scheme.count).dropLast("/authority".count))
    return isLabel(cluster) ? cluster : nil
  }

  package static func dnsName(cluster: String, name: String) -> String { "\(name).\(cluster).switchboard" }

  /// One DNS label in lower case (RFC 1035, 2.3.1, as relaxed by RFC 1123): what clusters and nodes are
  /// called.
  static func isLabel(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-")
    else {
      return false
    }
    return bytes.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: "-")
    }
  }

  /// A host name of labels separated by dots, any case, no wildcard.
  static func isDNSName(_ text: String) -> Bool {
    guard text.utf8.count <= 253 else { return false }
    let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
    return !labels.isEmpty && labels.allSatisfy { isLabel(String($0)) }
  }

  /// The four bytes of a dotted IPv4 address, or nil when it is something else.
  static func ipv4(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    let bytes = parts.compactMap { part in part.count <= 3 && !part.hasPrefix("+") ? UInt8(part) : nil }
    return bytes.count == 4 ? bytes : nil
  }
}
