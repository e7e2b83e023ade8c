// A listing of certificates for a person, and for a program. Pure.
internal import Foundation

extension PKIListing {
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  package var text: String {
    var sections = certificates.map(Self.text)
    sections += lists.map { list in
      let due = list.nextUpdate.map { ", the next one is due by \($0.formatted(.iso8601))" } ?? ""
      return "\(list.file): list number \(list.number), \(list.revoked) revoked\(due)"
    }
    if !problems.isEmpty {
      sections.append("not well:\n" + problems.map { "  \($0)" }.joined(separator: "\n"))
    }
    return sections.joined(separator: "\n\n")
  }

  private static func text(_ certificate: Certificate) -> String {
    var lines: [(String, String?)] = [
      ("identity", certificate.identity), ("subject", certificate.subject), ("serial", certificate.serial),
    ]
    if let start = certificate.notValidBefore, let end = certificate.notValidAfter {
      let days = certificate.daysLeft ?? 0
      let left =
        days < 0
        ? "expired \(-days) \(-days == 1 ? "day" : "days") ago" : "\(days) \(days == 1 ? "day" : "days") left"
      lines.append(("valid", "\(start.formatted(.iso8601)) to \(end.formatted(.iso8601)), \(left)"))
    }
    lines.append(("fingerprint", certificate.fingerprint.map { "sha256 \($0)" }))
    switch (certificate.isRevoked, certificate.revokedAt) {
    case (_, let at?): lines.append(("revoked", "yes, on \(at.formatted(.iso8601))"))
    case (true?, nil): lines.append(("revoked", "yes"))
    case (false?, nil): lines.append(("revoked", "no"))
    case (nil, nil): lines.append(("revoked", "not known: there is no crl.pem beside it"))
    }
    let who = [certificate.role, certificate.name].compactMap(\.self).joined(separator: " ")
    let cluster = certificate.cluster.map { " of cluster \($0)" } ?? ""
    let title = "\(certificate.file ?? "(no file here)"): \(who.isEmpty ? "a certificate" : who)\(cluster)"
    // Nothing is said of what is not known.
    let known = lines.compactMap { label, value in
      value.map { "  " + label.padding(toLength: 13, withPad: " ", startingAt: 0) + $0 }
    }
    return ([title] + known).joined(separator: "\n")
  }
}
