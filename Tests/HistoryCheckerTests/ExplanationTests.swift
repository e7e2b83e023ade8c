// What is said and drawn of a violation: small, true and escaped.
import HistoryChecker
import Testing

@Suite struct ExplanationTests {
  /// A correct run with one stale read in it.
  private static func staleRead(operations: Int, seed: UInt64) -> [HistoryRecord] {
    var generator = HistoryGenerator(model: .register, operations: operations, processes: 8)
    generator.functions = ["read", "write"]
    generator.openShare = 0.01
    var records = generator.records(seed: seed)
    let writes = records.filter { $0.kind == .ok && $0.function == "write" }
    if let place = records.indices.last(where: { records[$0].kind == .ok && records[$0].function == "read" })
    {
      records[place].value = writes[writes.count / 4].value
    }
    return records
  }

  @Test func aLongHistoryIsShownInAFewOperations() throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let report = try HistoryCheck.run(
        records: Self.staleRead(operations: 600, seed: seed), model: .register)
      guard case .violated(let violations) = report.verdict, let violation = violations.first else {
        Issue.record("seed \(seed): \(report.verdict)")
        return
      }
      #expect(violation.part.operations.count <= 6, "seed \(seed): \(report.text)")
      #expect(!BruteForce.isLinearizable(violation.part.operations), "seed \(seed)")
      #expect(!violation.part.culprits.isEmpty)
    }
  }

  @Test func aDuplicateInALongQueueIsShownInAFewOperations() throws {
    var generator = HistoryGenerator(model: .queue, operations: 600, processes: 8)
    generator.openShare = 0.01
    for seed in 1...5 as ClosedRange<UInt64> {
      var records = generator.records(seed: seed)
      let taken = records.indices.filter {
        records[$0].kind == .ok && records[$0].function == "dequeue" && records[$0].value != .null
      }
      records[taken[taken.count - 3]].value = records[taken[10]].value
      let report = try HistoryCheck.run(records: records, model: .queue)
      guard case .violated(let violations) = report.verdict, let violation = violations.first else {
        Issue.record("seed \(seed): \(report.verdict)")
        return
      }
      #expect(violation.part.operations.count <= 6, "seed \(seed): \(report.text)")
      #expect(!BruteForce.isLinearizable(violation.part.operations), "seed \(seed)")
    }
  }

  @Test func theWordsSayWhatCouldNotBePlaced() throws {
    var recording = Recording()
    recording.run(1, "write", 1)
    recording.run(1, "write", 2)
    recording.run(3, "read", gives: 2)
    recording.run(2, "read", gives: 1)
    let violation = try #require(try recording.violations(.register).first)
    let words = violation.explanation.joined(separator: "\n")
    #expect(words.contains("3 of 4 are enough"))
    #expect(words.contains("the longest order found: write 1 → write 2"))
    #expect(words.contains("the state is value 2"))
    #expect(words.contains("read → 1 (process 2, line 7)"))
    #expect(violation.part.operations.map(\.words) == ["write 1", "write 2", "read → 1"])
    #expect(violation.part.culprits == [2])
    #expect(violation.part.order == [0, 1])
  }

  @Test func theTextNamesLines() throws {
    var recording = Recording()
    recording.run(1, "enqueue", "a")
    recording.run(2, "dequeue", gives: "a")
    recording.run(2, "dequeue", gives: "a")
    let report = try HistoryCheck.run(records: recording.records, model: .queue)
    #expect(report.text.contains("! lines 5–6, process 2, on \"k\": dequeue → \"a\""), "\(report.text)")
    let json = try JSONReader.read(Array(report.json.description.utf8)[...])
    #expect(json["verdict"] == "violated")
    #expect(json["violations"]?.elements?.first?["culprits"] == [5])
  }

  @Test func thePictureIsSelfContainedAndEscaped() throws {
    var recording = Recording()
    let nasty: JSONValue = "</title><script>alert('x')</script>&\u{1}"
    recording.run(1, "write", nasty, key: nasty)
    recording.invoke(3, "write", "open", key: nasty)
    recording.run(2, "read", gives: "other", key: nasty)
    let report = try HistoryCheck.run(records: recording.records, model: .register)
    let html = Picture.html(report, title: "<a>")
    #expect(report.word == "violated")
    #expect(!html.contains("<script") && !html.contains("http") && !html.contains("<a>"))
    #expect(html.contains("&lt;/title&gt;"))
    #expect(html.contains("prefers-color-scheme: dark"))
    #expect(html.contains("class=\"known culprit\""))
    let opened = html.split(separator: "<g ").count - 1
    #expect(html.split(separator: "</g>").count - 1 == opened && opened > 0)
  }

  @Test func theSameHistoryGivesTheSameReport() throws {
    let records = Self.staleRead(operations: 200, seed: 9)
    let reports = try (0..<2).map { _ in try HistoryCheck.run(records: records, model: .register) }
    #expect(reports[0] == reports[1])
  }
}
