// Histories that are right by construction are accepted, and changed ones refused; large ones in time.
import HistoryChecker
import Testing

@Suite struct GeneratedHistoryTests {
  static let models: [Model] = [.register, .keyValue, .queue]

  @Test(arguments: models) func acceptsCorrectRuns(_ model: Model) throws {
    for seed in 0..<150 as Range<UInt64> {
      var generator = HistoryGenerator(model: model, operations: 150, processes: 2 + Int(seed % 7))
      generator.keys = 1 + Int(seed % 3)
      generator.valueRange = seed % 2 == 0 ? nil : 5
      generator.openShare = seed % 5 == 0 ? 0 : 0.03
      // Equal values in a queue leave little to decide its order by: no unknown outcomes on top of that.
      if model == .queue, generator.valueRange != nil {
        generator.openShare = 0
        generator.operations = 60
      }
      generator.failShare = 0.02
      if model == .register, seed % 4 == 0 { generator.functions = ["read", "add"] }
      let report = try HistoryCheck.run(
        records: generator.records(seed: seed), model: model, limits: CheckLimits(time: .seconds(300)))
      #expect(report.verdict == .ok, "seed \(seed)")
      #expect(report.keysDecided == report.keys)
    }
  }

  /// One key, as many operations at a time as processes.
  @Test(arguments: models, [0.0, 0.01]) func acceptsLargeRuns(_ model: Model, _ openShare: Double) throws {
    #if DEBUG
      let operations = 1_500
    #else
      let operations = 10_000
    #endif
    for seed in 1...3 as ClosedRange<UInt64> {
      var generator = HistoryGenerator(model: model, operations: operations, processes: 50)
      generator.openShare = openShare
      let history = try History(records: generator.records(seed: seed))
      let report = try HistoryCheck(model: model, limits: CheckLimits(time: .seconds(300))).run(history)
      #expect(report.verdict == .ok, "seed \(seed)")
    }
  }

  /// A change that shows only late in a long history must be found as well, and quickly.
  @Test(arguments: [Model.register, .queue]) func refusesLargeChangedRuns(_ model: Model) throws {
    #if DEBUG
      let operations = 1_000
    #else
      let operations = 10_000
    #endif
    for seed in 1...3 as ClosedRange<UInt64> {
      var generator = HistoryGenerator(model: model, operations: operations, processes: 50)
      generator.openShare = 0.01
      if model == .register { generator.functions = ["read", "write"] }
      var records = generator.records(seed: seed)
      let results = records.indices.filter {
        records[$0].kind == .ok && ["read", "dequeue"].contains(records[$0].function)
          && records[$0].value != .null
      }
      records[results[results.count - 20]].value = records[results[results.count / 2]].value
      let report = try HistoryCheck(model: model, limits: CheckLimits(time: .seconds(300))).run(
        try History(records: records))
      #expect(report.word == "violated", "seed \(seed)")
    }
  }
}
