// The script language: what parses, what is refused and with which words, and the two forms.
import Testing
import raft_scenario

private func failure(_ text: String) -> ScriptError? {
  do throws(ScriptError) {
    return Run(try Script(text)).error
  } catch {
    return error
  }
}

private func outputs(_ text: String) throws -> [[String]] {
  let run = Run(try Script(text))
  #expect(run.error == nil)
  return run.outputs
}

private let three = "log-level none\nadd-nodes 3 voters=(1,2,3) index=10\n"

@Suite struct LanguageTests {
  @Test(arguments: [
    ("campain 1", 1, "there is no command \"campain\"; did you mean campaign?"),
    ("frobnicate", 1, "there is no command \"frobnicate\""),
    ("\n# comment\ncampaign 1", 3, "there is no node 1: add-nodes comes first"),
    ("\(three)campaign 4", 3, "there is no node 4: there are 1 to 3"),
    ("\(three)campaign 0", 3, "there is no node 0: there are 1 to 3"),
    ("\(three)transfer-leadership from=1", 3, "it is written: transfer-leadership from=N to=M"),
    ("\(three)campaign one", 3, "a node is a number up to 1000000000, not \"one\""),
    (
      "\(three)campaign 99999999999999999999", 3,
      "a node is a number up to 1000000000, not \"99999999999999999999\""
    ),
    ("\(three)campaign", 3, "it is written: campaign N …"),
    ("\(three)crash 1\ncampaign 1", 4, "node 1 is down: restart 1 comes first"),
    ("add-nodes 3 voter=(1,2,3)", 1, "add-nodes knows no voter=; did you mean voters?"),
    ("add-nodes 3 voters=(1,2", 1, "a parenthesis is not closed"),
    ("add-nodes 3 voters(1)", 1, "a parenthesis after \"voters\": lists are written key=(1,2)"),
    ("add-nodes 3 =1", 1, "an equals sign without a name before it"),
    ("add-nodes 3 index=", 1, "index= has no value"),
    ("add-nodes 17 voters=(1)", 1, "there can be at most 16 nodes, and one at least is added"),
    ("add-nodes 0", 1, "there can be at most 16 nodes, and one at least is added"),
    ("add-nodes 1 index=5", 1, "index= starts from a snapshot, and a snapshot has voters=(…)"),
    ("add-nodes 1 voters=(1) log=(2,1)", 1, "terms in log= never fall and start at 1"),
    ("add-nodes 1 voters=(1) commit=3", 1, "commit= lies beyond the log's end 0"),
    ("add-nodes 1 voters=(1) quiet=maybe", 1, "quiet= is true or false, not \"maybe\""),
    ("add-nodes 1 voters=(1) election-ticks=0", 1, "election-ticks= must be at least 1"),
    ("add-nodes 1 voters=(1) seed=1 seed=2", 1, "seed= takes one value"),
    ("\(three)propose 1 \"a", 3, "a quotation mark is not closed"),
    ("\(three)propose 1 \"a\\x\"", 3, "after a backslash stands \", \\ or n"),
    ("\(three)propose 1 \"a\\nb\"", 3, "a value is one line: the content of a node has a line per value"),
    ("\(three)propose 1 a size=70000", 3, "size= is at most 65536"),
    ("\(three)tick 1 10001", 3, "a command ticks at most 10000 times"),
    ("\(three)deliver-msgs 1 type=MsgAp", 3, "there is no message MsgAp; did you mean MsgApp?"),
    (
      "\(three)propose-conf-change 1 x4", 3,
      "x4 is no change: v4 adds a voter, w4 a witness, l4 a learner, r4 removes"
    ),
    (
      "\(three)propose-conf-change 1 v4 transition=later", 3,
      "transition= is auto, implicit or explicit, not \"later\""
    ),
    (
      "\(three)restart 1 doubtfull", 3,
      "restart knows no doubtfull; did you mean doubtful? (known: doubtful, lose-unsynced)"
    ),
    ("\(three)restart 1 lose-writes=9", 3, "node 1 has made fewer than 9 writes that can be lost"),
    ("log-level loud", 1, "a log level is debug, info, warn, error or none, not \"loud\""),
    ("----\nok", 1, "expected output without a command before it"),
  ])
  func saysWhatIsWrong(_ text: String, line: Int, message: String) throws {
    let error = try #require(failure(text))
    #expect(error.line == line)
    #expect(error.message.hasPrefix(message), "\(error.message)")
  }

  @Test func limits() throws {
    let many = String(repeating: "heal\n", count: 10_001)
    #expect(failure(many)?.message == "a script has at most 10000 commands")
    let long = "# " + String(repeating: "x", count: 5_000)
    #expect(failure(long)?.message == "a line has at most 4096 bytes")
    let large = String(repeating: "# 345678\n", count: 120_000)
    #expect(failure(large)?.message == "a script has at most 1048576 bytes")
    // Each look at the log prints a thousand lines and more.
    let wordy =
      "log-level warn\nadd-nodes 1 voters=(1)\ncampaign 1\nstabilize log-level=none\npropose 1 a times=1000\n"
      + "stabilize log-level=none\n" + String(repeating: "raft-log\n", count: 201)
    let refusal = failure(wordy)
    #expect(
      refusal?.message.hasPrefix("a run prints at most 200000 lines") == true,
      "\(String(describing: refusal))")
    #expect((200...207).contains(refusal?.line ?? 0), "the line of the command that printed too much")
    // Two messages to node 2, doubled again and again.
    let flood = three + "campaign 1\nprocess-ready 1\n" + String(repeating: "duplicate 2\n", count: 20)
    #expect(failure(flood)?.message == "10000 messages wait for delivery: deliver or drop some")
  }

  @Test func bothFormsPrintTheSame() throws {
    let plain = "add-nodes 3 voters=(1,2,3) index=10\ncampaign 1\nraft-state\n"
    let blocks = "add-nodes 3 voters=(1,2,3) index=10\n----\nx\n\ncampaign 1\n----\n\nraft-state\n----\ny\n"
    #expect(try outputs(plain) == outputs(blocks))
  }

  @Test func aBlockMayHoldSeveralCommands() throws {
    let text = "add-nodes 1 voters=(1) index=3\ncampaign 1\n----\n"
    let output = try outputs(text)
    #expect(output.count == 1)
    #expect(output.first?.last == "INFO 1 became candidate at term 2")
  }

  @Test func stepsMayStandOnTheSameLineOrTheNext() throws {
    let one = try outputs("\(three)propose-conf-change 1 v4 l5\nraft-state")
    let two = try outputs("\(three)propose-conf-change 1\nv4\nl5\nraft-state")
    #expect(one == two)
    #expect(one.count == 4)
  }

  @Test func whatEtcdCanTurnOffIsNoted() throws {
    let output = try outputs(
      "add-nodes 1 voters=(1) index=2 prevote=false checkquorum=false read-only=lease-based")
    #expect(output[0].filter { $0.hasPrefix("note: ") }.count == 3)
  }

  @Test func differencesNameTheLine() throws {
    let text =
      "# a\nadd-nodes 1 voters=(1) index=2\n----\nINFO 1 starts at term 1, log 1/2, commit 2, voters=(1)\n\ncontent\n----\nwrong\n"
    let difference = try #require(Run(try Script(text)).firstDifference)
    #expect(difference.description == "line 8: expected \"wrong\", got \"1: up to 2: []\"")
    let short = "log-level none\n----\nok\nmore\n"
    let rest = try #require(Run(try Script(short)).firstDifference)
    #expect(rest.description == "line 4: expected \"more\", got nothing more")
  }

  @Test func rewritingIsStable() throws {
    let text =
      "# keep me\nlog-level none\nadd-nodes 1 voters=(1) index=2\n\n# and me\ncontent\n----\nold\n\n# the end\n"
    let once = Run(try Script(text)).rewritten.joined(separator: "\n")
    #expect(once.contains("# keep me\n") && once.contains("# and me\n") && once.hasSuffix("# the end\n"))
    #expect(!once.contains("old"))
    let again = Run(try Script(once))
    #expect(again.firstDifference == nil)
    #expect(again.rewritten.joined(separator: "\n") == once)
  }
}
