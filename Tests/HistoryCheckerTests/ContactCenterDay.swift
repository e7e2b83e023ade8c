// Makes histories of a contact center that are right by construction, or have one fault.
import HistoryChecker

/// Interactions of three agents with room for two each, interleaved at random.
struct ContactCenterDay {
  enum Fault: CaseIterable {
    case loseOne
    case answerTwice
    case ignoreCapacity
    case reopen
  }

  private(set) var records: [HistoryRecord] = []
  private(set) var isFaulty = false
  private var process: Int64 = 0
  private var command = 0
  private var random: SplitMix64

  private struct Item {
    var id: String
    var agent: String?
    var isClosed = false
    var isMaybeClosed = false
  }

  init(seed: UInt64, fault: Fault? = nil) {
    random = SplitMix64(seed: seed)
    for agent in ["a0", "a1", "a2"] { run("sign-in", ["capacity": 2], key: agent) }
    var items: [Item] = []
    for _ in 0..<60 {
      if items.count < 20, random.chance(0.4) {
        let id = "i\(items.count)"
        run("create", [:], key: id, retries: true)
        items.append(Item(id: id))
        continue
      }
      guard let at = items.indices.randomElement(using: &random) else { continue }
      let item = items[at]
      guard !item.isClosed, !item.isMaybeClosed else { continue }
      if let agent = item.agent {
        if random.chance(0.3) {
          run("requeue", ["agent": .string(agent)], key: item.id)
          items[at].agent = nil
        } else {
          run("complete", ["agent": .string(agent)], key: item.id)
          items[at].isClosed = true
        }
      } else if random.chance(0.2) {
        // Nobody knows whether the customer has gone.
        items[at].isMaybeClosed = true
        record(.invoke, "abandon", .null, key: item.id)
        record(.info, "abandon", .null, key: item.id)
        process += 1
      } else {
        let agent = "a\(Int.random(in: 0...2, using: &random))"
        let load = items.count { $0.agent == agent && !$0.isClosed }
        guard load < 2 || (fault == .ignoreCapacity && !isFaulty) else { continue }
        if load >= 2 { isFaulty = true }
        run("accept", ["agent": .string(agent)], key: item.id, retries: true)
        items[at].agent = agent
        if fault == .answerTwice, !isFaulty {
          isFaulty = true
          run("accept", ["agent": "other"], key: item.id)
        }
      }
    }
    if fault == .reopen, let closed = items.first(where: \.isClosed) {
      isFaulty = true
      run("view", .null, gives: ["state": "waiting"], key: closed.id)
    }
    for (number, item) in items.enumerated() {
      if fault == .loseOne, number == items.count / 2 {
        isFaulty = items.count > 1
        continue
      }
      let seen: JSONValue =
        item.isClosed
        ? ["state": "closed"]
        : item.agent.map { ["state": "held", "agents": [.string($0)]] }
          ?? (item.isMaybeClosed && random.chance(0.5)
            ? ["state": "closed"] : ["state": "waiting", "agents": []])
      run("final", .null, gives: seen, key: item.id)
    }
  }

  private mutating func record(
    _ kind: HistoryRecord.Kind, _ function: String, _ value: JSONValue, key: String
  ) {
    records.append(
      HistoryRecord(
        process: process, kind: kind, function: function, key: .string(key), value: value,
        time: Int64(records.count) * 1_000))
  }

  /// One command; some of those with `retries` get their answer only at the second attempt.
  private mutating func run(
    _ function: String, _ argument: JSONValue, gives result: JSONValue = .null, key: String,
    retries: Bool = false
  ) {
    process = Int64.random(in: process...process + 2, using: &random)
    var argument = argument
    if retries, case .object(let members) = argument {
      command += 1
      argument = .members(members.map { ($0.name, $0.value) } + [("command", .string("c\(command)"))])
      if random.chance(0.3) {
        record(.invoke, function, argument, key: key)
        record(.info, function, .null, key: key)
      }
    }
    record(.invoke, function, argument, key: key)
    record(.ok, function, result, key: key)
  }
}
