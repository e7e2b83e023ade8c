// `switchboard ctl alarms`: the alarms of all nodes, and their acknowledgment. Touches the network, and the token file.
internal import Alarms
internal import ArgumentParser
internal import Foundation

struct CtlAlarms: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alarms", abstract: "Alarms of all nodes: what is wrong, what it means, what to do.",
    subcommands: [Show.self, Acknowledge.self], defaultSubcommand: Show.self)

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "The alarms that are active.",
      discussion: """
        Asks each --api, and the nodes that one of them names; what several nodes see is shown once. Exit codes: 0 nothing \
        above info; 1 an alarm, or no node answered; 2 no usable token or address was given.
        """)

    @OptionGroup var question: QuestionOptions

    @Flag(help: "Also those that are over.")
    var history = false

    @Flag(help: "Ask every two seconds, and print what changed, until interrupted.")
    var watch = false

    mutating func run() async throws {
      let nodes = try await AlarmNodes(question)
      var last: AlarmAnswers?
      repeat {
        let asked = try await nodes.ask()
        let answers = AlarmAnswers(asked.lists.map(\.list), silent: asked.silent, wantsHistory: history)
        if answers != last { try show(answers) }
        last = answers
        guard watch else {
          guard answers.isWell else { throw ExitStatus.failed.exitCode }
          return
        }
        try await Task.sleep(for: .seconds(2))
      } while true
    }

    private func show(_ answers: AlarmAnswers) throws {
      guard question.json else {
        return print(AlarmTable.text(answers, now: Int64(Date().timeIntervalSince1970 * 1_000)))
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(answers), as: UTF8.self))
    }
  }

  struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ack", abstract: "Say that you take care of an alarm.",
      discussion: """
        On every node that sees the same. Reminders stop until the alarm gets graver; it ends by itself when its cause is gone. \
        Exit codes: 0 done; 1 there is no such alarm, or a node refused; 2 no usable token or address was given.
        """)

    @Argument(help: "The alarm's id, as ctl alarms shows it.")
    var id: String

    @Option(help: "What you know or do about it, for others.")
    var note: String?

    @OptionGroup var question: QuestionOptions

    mutating func run() async throws {
      let nodes = try await AlarmNodes(question)
      let alarms = try await nodes.ask().lists.flatMap { node in node.list.active.map { (node.address, $0) } }
      guard let wanted = alarms.first(where: { $0.1.id == id })?.1 else {
        throw ExitStatus.failed.because(
          "no node that answered has an active alarm \(id); see switchboard ctl alarms")
      }
      let body = try JSONEncoder().encode(note.map { ["note": $0] } ?? [:])
      var failed = false
      for (address, alarm) in alarms where alarm.kind == wanted.kind && alarm.subject == wanted.subject {
        let query = NodeQuery<AlarmReport>(
          base: address, path: "/v1/alarms/\(alarm.id)/acknowledge", token: nodes.token, body: body)
        switch await query.run() {
        case .success(let answer):
          print("\(alarm.node): \(answer.report.kind) \(answer.report.subject) acknowledged")
        case .failure(let failure):
          failed = true
          print("\(alarm.node): \(failure.words)")
        }
      }
      if failed { throw ExitStatus.failed.exitCode }
    }
  }
}

/// The nodes that can be asked for their alarms.
struct AlarmNodes {
  let token: String
  private let addresses: [String]

  struct Answers {
    var lists: [(address: String, list: AlarmList)] = []
    /// Those that did not answer.
    var silent: [AlarmAnswers.Silent] = []
  }

  /// Those that were named, and those that the first of them that answers knows.
  init(_ question: QuestionOptions) async throws {
    let environment = ProcessInfo.processInfo.environment
    token = try question.access.read(environment)
    var addresses = question.addresses(environment)
    for address in addresses {
      let query = NodeQuery<ClusterReport>(base: address, path: "/v1/cluster", token: token)
      guard case .success(let answer) = await query.run() else { continue }
      // The one that answered may be known by another name, as behind a proxy.
      let others = answer.report.nodes.filter { $0.name != answer.report.node }.compactMap(\.api)
      addresses += others.filter { !addresses.contains($0) }
      break
    }
    self.addresses = addresses
  }

  /// - Throws: `ExitStatus.failed` in words when nobody answers.
  func ask() async throws -> Answers {
    var answers = Answers()
    for address in addresses {
      switch await NodeQuery<AlarmList>(base: address, path: "/v1/alarms", token: token).run() {
      case .failure(let failure):
        answers.silent.append(AlarmAnswers.Silent(address: address, reason: failure.words))
      // Named twice.
      case .success(let answer) where answers.lists.contains { $0.list.node == answer.report.node }: break
      case .success(let answer): answers.lists.append((address, answer.report))
      }
    }
    guard !answers.lists.isEmpty else {
      throw ExitStatus.failed.because(
        "no node answered:\n" + answers.silent.map { "  \($0.address): \($0.reason)" }.joined(separator: "\n")
          + "\nName the address of a running node with --api.")
    }
    return answers
  }
}
