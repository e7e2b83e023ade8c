// The search agrees with the definition on small random histories, with its shortcuts and without.
import HistoryChecker
import Testing

@Suite struct BruteForceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var model: Model
    var functions: [String]
    var testDescription: String { "\(model.rawValue): \(functions.joined(separator: ","))" }
  }

  #if DEBUG
    static let seeds = 400
  #else
    static let seeds = 3_000
  #endif

  static let cases = [
    Case(model: .register, functions: ["read", "write"]),
    Case(model: .register, functions: ["read", "write", "cas"]),
    Case(model: .register, functions: ["read", "write", "cas", "add"]),
    Case(model: .register, functions: ["read", "add"]),
    Case(model: .keyValue, functions: ["read", "write", "delete", "cas"]),
    Case(model: .keyValue, functions: ["read", "write", "delete", "cas", "add"]),
    Case(model: .queue, functions: ["enqueue", "dequeue"]),
  ]

  @Test(arguments: cases) func agreesOnRandomResults(_ one: Case) throws {
    var counts = (ok: 0, violated: 0)
    for seed in 0..<Self.seeds {
      var random = SplitMix64(seed: UInt64(seed))
      let records = Self.smallHistory(one, &random)
      try Self.compare(records, one.model, seed: seed, &counts)
    }
    #expect(counts.ok > Self.seeds / 20, "the histories must not be all wrong")
    #expect(counts.violated > Self.seeds / 20, "the histories must not be all right")
  }

  /// As above, but nearly right: a correct run with one result changed.
  @Test(arguments: cases) func agreesOnChangedRuns(_ one: Case) throws {
    var counts = (ok: 0, violated: 0)
    for seed in 0..<Self.seeds {
      var random = SplitMix64(seed: UInt64(seed))
      var generator = HistoryGenerator(model: one.model, operations: 7, processes: 4)
      generator.functions = one.functions
      generator.valueRange = seed % 3 == 0 ? nil : 3
      generator.openShare = 0.2
      generator.failShare = 0.05
      var records = generator.records(seed: UInt64(seed))
      let looks = records.indices.filter {
        records[$0].kind == .ok && ReferenceObject.observes(records[$0].function)
      }
      if let place = looks.randomElement(using: &random) {
        records[place].value = Self.result(of: records[place].function, &random, range: 7)
      }
      try Self.compare(records, one.model, seed: seed, &counts)
    }
    #expect(counts.ok > Self.seeds / 20)
    #expect(counts.violated > Self.seeds / 20)
  }

  private static func compare(
    _ records: [HistoryRecord], _ model: Model, seed: Int, _ counts: inout (ok: Int, violated: Int)
  ) throws {
    let history = try History(records: records)
    let truth = BruteForce.isLinearizable(history.operations)
    if truth { counts.ok += 1 } else { counts.violated += 1 }
    var check = HistoryCheck(model: model, limits: CheckLimits(steps: 1_000_000))
    for shortcuts in [true, false] {
      check.usesShortcuts = shortcuts
      let report = try check.run(history)
      let lines = records.map(\.line).joined(separator: "\n")
      switch report.verdict {
      case .ok:
        #expect(truth, "seed \(seed), shortcuts \(shortcuts): accepted\n\(lines)")
      case .violated(let violations):
        #expect(!truth, "seed \(seed), shortcuts \(shortcuts): refused\n\(lines)")
        for violation in violations where !truth {
          #expect(
            !BruteForce.isLinearizable(violation.part.operations),
            "seed \(seed): the part that is shown is no violation\n\(lines)")
        }
      case .unknown: Issue.record("seed \(seed), shortcuts \(shortcuts): unknown\n\(lines)")
      }
    }
  }

  /// Up to seven operations of random processes with random results.
  private static func smallHistory(_ one: Case, _ random: inout SplitMix64) -> [HistoryRecord] {
    var records: [HistoryRecord] = []
    var pending: [Int64: HistoryRecord] = [:]
    let count = Int.random(in: 2...7, using: &random)
    var invoked = 0
    while invoked < count || !pending.isEmpty {
      let process = Int64.random(in: 1...4, using: &random)
      let time = Int64(records.count)
      if var record = pending.removeValue(forKey: process) {
        record.time = time
        record.kind = random.chance(0.25) ? .info : .ok
        record.value = record.kind == .ok ? result(of: record.function, &random, range: 3) : .null
        records.append(record)
      } else if invoked < count {
        invoked += 1
        let function = one.functions.randomElement(using: &random) ?? "read"
        let record = HistoryRecord(
          process: process, kind: .invoke, function: function, key: "k",
          value: argument(of: function, &random),
          time: time)
        pending[process] = record
        records.append(record)
      }
    }
    return records
  }

  private static func argument(of function: String, _ random: inout SplitMix64) -> JSONValue {
    func value() -> JSONValue { .integer(Int64.random(in: 0...2, using: &random)) }
    switch function {
    case "write", "enqueue": return value()
    case "cas": return [value(), value()]
    case "add": return .integer(Int64.random(in: -1...2, using: &random))
    default: return .null
    }
  }

  private static func result(of function: String, _ random: inout SplitMix64, range: Int64) -> JSONValue {
    switch function {
    case "cas": .bool(random.chance(0.5))
    case "add": .integer(Int64.random(in: 0...range, using: &random))
    case "read", "dequeue":
      random.chance(0.3) ? .null : .integer(Int64.random(in: 0...range, using: &random))
    default: .null
    }
  }
}
