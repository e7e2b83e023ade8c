// `switchboard ctl members`, `add`, `remove`, `replace` and `upgrade`: who belongs to the cluster.
internal import ArgumentParser

struct CtlMembers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "members", abstract: "The nodes of the cluster, and how far changes are.",
    discussion: """
      Exit codes: 0 all partitions are where they are to be; 1 some are not, or no node answered; 2 no usable token or address \
      was given.
      """)

  @OptionGroup var question: QuestionOptions

  @Flag(help: "Ask again every second until nothing is left to do.")
  var watch = false

  mutating func run() async throws {
    var answer = try await question.ask("/v1/members", as: MembersReport.self)
    print(question.json ? answer.body : MembersTable.text(answer.report))
    while watch, !answer.report.isSettled {
      try await Task.sleep(for: .seconds(1))
      let before = answer.report
      answer = try await question.ask("/v1/members", as: MembersReport.self)
      if answer.report != before {
        print("\n" + (question.json ? answer.body : MembersTable.text(answer.report)))
      }
    }
    guard answer.report.isSettled else { throw ExitStatus.failed.exitCode }
  }
}

/// What a node that comes is.
struct NewNodeOptions: ParsableArguments {
  @Option(help: "Where the other nodes reach it, host:port.")
  var peer: String

  @Option(help: "Where its API listens, host:port.")
  var nodeApi: String?

  @Option(help: "Where it stands: replicas of a partition are on different sites where they can be.")
  var site: String?

  @Flag(help: "It votes and keeps the log, and holds no state; as nodes.NAME.witness in its configuration.")
  var witness = false

  func body(name: String, replacing old: String? = nil) -> MemberRequest {
    MemberRequest(
      name: name, peer: peer, api: nodeApi, site: site, replaces: old, witness: witness ? true : nil)
  }
}

struct CtlAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Let a node into the cluster.",
    discussion: """
      Make its certificate with switchboard pki issue, and start it with cluster.join: yes in its configuration, which names \
      itself and at least one node of the cluster. It counts once it has caught up; then partitions move to it while calls \
      flow. Exit codes: 0 it is let in; 1 refused, or no node answered; 2 no usable token or address was given.
      """)

  @Argument(help: "The node's name.") var node: String
  @OptionGroup var new: NewNodeOptions
  @OptionGroup var question: QuestionOptions

  mutating func run() async throws {
    let answer = try await question.post("/v1/members", new.body(name: node), as: MembersReport.self)
    print(
      question.json
        ? answer.body
        : "\(node) is let in: start it with cluster.join: yes, and watch it with ctl members --watch")
  }
}

struct CtlReplace: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replace", abstract: "Put a node in the place of another.",
    discussion: """
      As add; when the new node has caught up, the old one leaves. The old one may be down for good. A node whose disk was \
      lost needs none of this: start it again under its name.
      """)

  @Argument(help: "The node that goes.") var old: String
  @Argument(help: "The name of the one that comes.") var node: String
  @OptionGroup var new: NewNodeOptions
  @OptionGroup var question: QuestionOptions

  mutating func run() async throws {
    let answer = try await question.post(
      "/v1/members", new.body(name: node, replacing: old), as: MembersReport.self)
    print(
      question.json
        ? answer.body
        : "\(node) is let in, and \(old) leaves once it has caught up: start it with cluster.join: yes")
  }
}

struct CtlRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Move a node's partitions to others and let it go.",
    discussion: """
      Waits until it is safe to stop. Keep the node running until then, unless it is down for good. Exit codes: 0 safe to \
      stop; 1 refused, or no node answered; 2 no usable token or address was given.
      """)

  @Argument(help: "The node's name.") var node: String
  @Flag(help: "Also when fewer than three nodes are left.") var fewer = false
  @OptionGroup var question: QuestionOptions

  mutating func run() async throws {
    var report = try await question.post(
      "/v1/members/\(node)/removal", RemovalRequest(fewer: fewer), as: MembersReport.self
    ).report
    var left = -1
    // The node that answers may have heard of it a moment later than it was decided.
    while report.holds(node) {
      if report.moving.count != left, !question.json {
        left = report.moving.count
        print("\(left) partitions still to move")
      }
      try await Task.sleep(for: .seconds(1))
      report = try await question.ask("/v1/members", as: MembersReport.self).report
    }
    if !question.json { print("\(node) is out of the cluster: safe to stop") }
  }
}

struct CtlUpgrade: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upgrade", abstract: "The feature level of the cluster; --finish raises it.",
    discussion: """
      Until the level is raised, every node may go back to the version before. It can be raised when all nodes know the higher \
      one; there is no way back then.
      """)

  @Flag(help: "Raise the level to what all nodes know.") var finish = false
  @OptionGroup var question: QuestionOptions

  mutating func run() async throws {
    let report: MembersReport
    if finish {
      report = try await question.post("/v1/members/upgrade", Nothing(), as: MembersReport.self).report
    } else {
      report = try await question.ask("/v1/members", as: MembersReport.self).report
    }
    guard !question.json else { return }
    let known = report.members.filter { $0.status != "gone" }
    print("the cluster is at feature level \(report.level)")
    for member in known { print("  \(member.name) knows \(member.level)") }
    if !finish, let lowest = known.map(\.level).min(), lowest > report.level {
      print("all nodes know \(lowest): switchboard ctl upgrade --finish raises it")
    }
  }

  private struct Nothing: Encodable {}
}
