// What `/v1/members` answers and takes, as the tools have it, and as text for a person. Pure.

package struct MembersReport: Decodable, Equatable, Sendable {
  package struct Member: Decodable, Equatable, Sendable {
    package let number: UInt64
    package let name: String
    package let peer: String
    package let api: String?
    package let site: String?
    package let status: String
    package let level: UInt32
    package let votes: Int
    package let leads: Int
    package let words: String
    package let isWitness: Bool?
  }

  package let cluster: String
  package let node: String
  package let level: UInt32
  package let voters: Int
  package let copies: String
  package let partitions: Int
  package let members: [Member]
  package let moving: [UInt32]

  /// The node belongs to the cluster: it must not be stopped for good.
  package func holds(_ name: String) -> Bool { members.contains { $0.name == name && $0.status != "gone" } }

  /// Nobody comes or goes, and every partition is where it is to be.
  package var isSettled: Bool {
    moving.isEmpty && !members.contains { ["joining", "leaving"].contains($0.status) }
  }
}

struct MemberRequest: Encodable {
  var name: String
  var peer: String
  var api: String?
  var site: String?
  var replaces: String?
  var witness: Bool?
}

struct RemovalRequest: Encodable {
  var fewer: Bool
}

package enum MembersTable {
  package static func text(_ report: MembersReport) -> String {
    let copies = report.copies == "everywhere" ? "every node has a copy of each" : "nobody else has a copy"
    let rows = report.members.map { member in
      [
        "\(member.number)", member.isWitness == true ? "\(member.name) (witness)" : member.name,
        member.status, "\(member.votes)", "\(member.leads)",
        member.site ?? "-",
        "\(member.level)", member.peer, member.words,
      ]
    }
    return [
      "cluster \(report.cluster), as \(report.node) knows it: \(report.partitions) partitions, up to \(report.voters) nodes "
        + "vote in each, \(copies); feature level \(report.level)",
      TextTable.text(
        ["NO", "NODE", "STATUS", "VOTES", "LEADS", "SITE", "LEVEL", "PEER", ""], rows, numeric: [0, 3, 4, 6]),
      report.moving.isEmpty
        ? "all partitions are where they are to be" : "\(report.moving.count) partitions still to move",
    ].joined(separator: "\n\n")
  }
}
