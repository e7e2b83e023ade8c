// Random scripts: whatever is done in whatever order, no promise breaks, nothing traps, and the same script prints the
// same. A failure prints the seed; SCENARIO_SEED runs one, SCENARIO_SEEDS that many.
internal import Foundation
import Testing
import raft_scenario

/// SplitMix64, of this file's own.
private struct Random {
  var state: UInt64

  mutating func next(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }

  mutating func pick<Element>(_ items: [Element]) -> Element {
    items[next(below: items.count)]
  }
}

/// Makes a script of a group of up to five voters, a witness or a learner among them, with faults.
private struct ScriptMaker {
  var random: Random
  private var lines: [String] = []
  private var down: Set<Int> = []
  private let nodes: Int

  init(seed: UInt64) {
    random = Random(state: seed)
    let setups = [
      "add-nodes 3 voters=(1,2,3) index=10", "add-nodes 5 voters=(1,2,3,4,5) index=10",
      "add-nodes 3 voters=(1,2) witnesses=(3) index=10", "add-nodes 4 voters=(1,2,3) learners=(4) index=10",
      "add-nodes 3 voters=(1,2,3) start=new",
    ]
    let setup = random.pick(setups)
    let bounds = [
      "", " max-entries=1 max-inflight-msgs=2", " max-snapshot-chunk=5", " max-uncommitted-size=200",
    ]
    let count = Int(String(setup.dropFirst(10).prefix(1))) ?? 3
    lines = [
      "log-level none", setup + random.pick(bounds), "add-nodes 2" + random.pick(bounds), "campaign 1",
      "stabilize",
    ]
    nodes = count + 2
  }

  private mutating func node() -> Int { 1 + random.next(below: nodes) }

  private mutating func running() -> Int {
    for _ in 0..<8 {
      let node = node()
      if !down.contains(node) { return node }
    }
    return (1...nodes).first { !down.contains($0) } ?? 1
  }

  mutating func make(steps: Int) -> String {
    for step in 0..<steps {
      lines.append(command(step))
    }
    lines.append(contentsOf: [
      "heal", "release-persist \((1...nodes).map(String.init).joined(separator: " "))",
    ])
    for node in down.sorted() { lines.append("restart \(node)") }
    // One after the other, so that two rarely campaign together.
    for _ in 0..<20 {
      for node in 1...nodes { lines.append(contentsOf: ["tick \(node)", "stabilize"]) }
    }
    lines.append(contentsOf: ["log-level debug", "status"])
    return lines.joined(separator: "\n")
  }

  private mutating func command(_ step: Int) -> String {
    let type = random.pick(["MsgApp", "MsgAppResp", "MsgVote", "MsgVoteResp", "MsgHeartbeat", "MsgSnap"])
    switch random.next(below: 44) {
    case 0...3: return "propose \(running()) v\(step)"
    case 4...8: return "process-ready \(running())"
    case 9...13: return "deliver-msgs \(running())"
    case 14...16: return "deliver-msgs \(running()) count=\(1 + random.next(below: 3))"
    case 17...18: return "tick \(running()) \(1 + random.next(below: 6))"
    case 19: return "campaign \(running())"
    case 20: return "forget-leader \(running())"
    case 21...23: return "stabilize"
    case 24: return "read \(running())"
    case 25: return "transfer-leadership from=\(running()) to=\(node())"
    case 26: return "drop-msgs \(node())"
    case 27: return "duplicate \(node()) type=\(type)"
    case 28: return "reorder \(node())"
    case 29: return "isolate \(node())"
    case 30...31: return "heal"
    case 32: return "hold-persist \(node())"
    case 33: return "persist \(running()) \(1 + random.next(below: 2))"
    case 34...35: return "release-persist \(running())"
    case 36: return crash()
    case 37...38: return restart()
    case 39: return "checkpoint \(running())"
    case 40: return "compact \(running()) \(11 + step / 16)"
    case 41: return change()
    case 42: return "leader-unreachable \(running()) \(node())"
    default: return "tick-heartbeat \(running())"
    }
  }

  private mutating func crash() -> String {
    let node = running()
    guard down.count < nodes - 1 else { return "heal" }
    down.insert(node)
    return "crash \(node)"
  }

  private mutating func restart() -> String {
    let node = down.min() ?? node()
    down.remove(node)
    return "restart \(node)" + random.pick(["", " lose-unsynced", " doubtful"])
  }

  private mutating func change() -> String {
    let steps = (0...random.next(below: 2)).map { _ in random.pick(["v", "l", "r", "v"]) + "\(node())" }
    let transition = random.pick(["auto", "implicit", "explicit"])
    return "propose-conf-change \(running()) transition=\(transition) "
      + (random.next(below: 5) == 0 ? "" : steps.joined(separator: " "))
  }
}

@Suite struct RandomScriptTests {
  @Test func nothingBreaks() throws {
    let environment = ProcessInfo.processInfo.environment
    let only = environment["SCENARIO_SEED"].flatMap { UInt64($0) }
    let count = environment["SCENARIO_SEEDS"].flatMap { UInt64($0) } ?? 60
    for seed in only.map({ $0...$0 }) ?? 1...count {
      var maker = ScriptMaker(seed: seed)
      let text = maker.make(steps: 160)
      let run = Run(try Script(text))
      let isFine = run.violations.isEmpty && isHarmless(run.error)
      #expect(isFine, "SCENARIO_SEED=\(seed): \(run.violations.first ?? run.error?.description ?? "")")
      if only != nil { print(text) }
      if seed % 10 == 0 { #expect(Run(try Script(text)).steps == run.steps, "SCENARIO_SEED=\(seed)") }
      guard isFine else { return }
      #expect(straggler(in: run.outputs.last ?? []) == nil, "SCENARIO_SEED=\(seed)")
    }
  }

  /// When all faults are over somebody leads, and all members have all that is committed. The first line of the status
  /// of all nodes that says otherwise.
  private func straggler(in status: [String]) -> String? {
    func number(after key: String, in line: Substring) -> Substring? {
      line.split(separator: " ").first { $0.hasPrefix(key) }?.dropFirst(key.count)
    }
    let leaders = status.indices.filter { status[$0].contains("StateLeader") }
    guard leaders.count == 1, let leader = leaders.first else { return "\(leaders.count) leaders" }
    let log = number(after: "Log:", in: status[leader][...])?.split(separator: "/").last
    if number(after: "Commit:", in: status[leader][...]) != log { return status[leader] }
    let followers = status[(leader + 2)...].prefix { $0.hasPrefix("  ") && $0.contains("match=") }
    return followers.first { number(after: "match=", in: $0[...]) != log }
  }

  /// A script may ask for one message too many.
  private func isHarmless(_ error: ScriptError?) -> Bool {
    error == nil || error?.message.contains("wait for delivery") == true
  }
}
