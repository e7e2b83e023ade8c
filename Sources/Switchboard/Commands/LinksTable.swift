// What `GET /v1/links` answers, as the tools read it, and as text for a person. Pure.

/// Fields that newer nodes add are ignored.
package struct LinksReport: Decodable, Equatable, Sendable {
  package struct Link: Decodable, Equatable, Sendable {
    package let peer: String
    package let role: String
    package let direction: String
    package let state: String
    package let problem: String?
    package let address: String?
    package let version: UInt16?
    package let roundTripUs: Int64?
    package let queued: [String: Int]
    package let bytesSent: UInt64
    package let bytesReceived: UInt64
  }

  package struct Calls: Decodable, Equatable, Sendable {
    package struct Credit: Decodable, Equatable, Sendable {
      package let peer: String
      package let underWay: Int
      package let window: Int
      package let fromPeer: Int
    }

    package let credit: [Credit]
    package let deadLetters: [String: UInt64]
  }

  package let node: String
  package let links: [Link]
  package let refused: [String: UInt64]
  /// Older nodes do not say it.
  package let calls: Calls?

  /// Whether every connection works.
  package var isReady: Bool { links.allSatisfy { $0.state == "ready" } }
}

package enum LinksTable {
  /// A heading, one line for each connection, why some are not ready, and what was refused.
  package static func text(_ report: LinksReport) -> String {
    var sections = ["links of \(report.node)"]
    sections.append(
      report.links.isEmpty
        ? "none"
        : TextTable.text(
          [
            "PEER", "ROLE", "DIRECTION", "STATE", "ROUND TRIP", "SENT", "RECEIVED", "QUEUED", "VERSION",
            "ADDRESS",
          ],
          report.links.map(row), numeric: [4, 5, 6, 7, 8]))
    if let credit = report.calls?.credit, !credit.isEmpty {
      sections.append(
        TextTable.text(
          ["CALLS WITH", "CREDIT USED", "OF", "FROM IT"],
          credit.map { [$0.peer, bytes($0.underWay), bytes($0.window), bytes($0.fromPeer)] },
          numeric: [1, 2, 3]))
    }
    let problems = report.links.compactMap { link in link.problem.map { "  \(link.peer): \($0)" } }
    if !problems.isEmpty { sections.append((["not ready:"] + problems).joined(separator: "\n")) }
    let refused = report.refused.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
    if !refused.isEmpty {
      sections.append((["refused or cut since the start:"] + refused).joined(separator: "\n"))
    }
    let dead = (report.calls?.deadLetters ?? [:]).sorted { $0.key < $1.key }.map {
      "  \($0.key): \($0.value)"
    }
    if !dead.isEmpty {
      sections.append((["reached nobody since the start:"] + dead).joined(separator: "\n"))
    }
    return sections.joined(separator: "\n\n")
  }

  private static func row(_ link: LinksReport.Link) -> [String] {
    [
      link.peer, link.role, link.direction, link.state, link.roundTripUs.map(milliseconds) ?? "-",
      bytes(link.bytesSent), bytes(link.bytesReceived),
      bytes(UInt64(clamping: link.queued.values.reduce(0, +))), link.version.map { "\($0)" } ?? "-",
      link.address ?? "-",
    ]
  }

  /// With three digits after the point.
  private static func milliseconds(_ microseconds: Int64) -> String {
    let fraction = String(microseconds % 1000)
    return "\(microseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) ms"
  }

  private static func bytes(_ count: Int) -> String { bytes(UInt64(clamping: count)) }

  /// In the largest unit of which there is at least one, with one digit after the point.
  private static func bytes(_ count: UInt64) -> String {
    guard count >= 1024 else { return "\(count) B" }
    var unit = 0
    var size = count
    while size >= 1024 * 1024, unit < 3 {
      size /= 1024
      unit += 1
    }
    return "\(size / 1024).\(size % 1024 * 10 / 1024) \(["KiB", "MiB", "GiB", "TiB"][unit])"
  }
}
