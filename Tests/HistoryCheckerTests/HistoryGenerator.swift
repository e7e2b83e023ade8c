// Makes histories that are linearizable by construction: a real object, and random delays around each effect.
import HistoryChecker

/// A simulated run: each operation has its effect at one moment between its invocation and its end.
struct HistoryGenerator {
  var model: Model
  var operations = 100
  var processes = 5
  var keys = 1
  /// Values are 1...this; nil for values that are never used twice.
  var valueRange: Int64?
  /// How many operations end in `info`. Half of these have an effect, possibly long after.
  var openShare = 0.0
  /// Of failed operations, which never have an effect.
  var failShare = 0.0
  /// How long a process pauses between operations, at most, when an operation takes up to 100.
  var pause: Int64 = 20
  var functions: [String]?

  private struct Pending {
    var time: Int64
    var order: Int
    var event: Event
  }

  private enum Event {
    case invoke(process: Int)
    case effect(call: Int)
    case end(call: Int)
  }

  private struct Call {
    var process: Int64
    var function: String
    var key: JSONValue
    var argument: JSONValue
    var result: JSONValue?
    var kind: HistoryRecord.Kind
  }

  func records(seed: UInt64) -> [HistoryRecord] {
    var random = SplitMix64(seed: seed)
    var object = ReferenceObject()
    var calls: [Call] = []
    var records: [HistoryRecord] = []
    var pending: [Pending] = []
    var order = 0
    func schedule(_ event: Event, at time: Int64) {
      order += 1
      pending.append(Pending(time: time, order: order, event: event))
    }
    for process in 0..<processes {
      schedule(.invoke(process: process), at: Int64.random(in: 0...pause, using: &random))
    }
    var now: Int64 = 0
    while let next = pending.indices.min(by: {
      (pending[$0].time, pending[$0].order) < (pending[$1].time, pending[$1].order)
    }) {
      let item = pending.remove(at: next)
      now = max(now + 1, item.time)
      switch item.event {
      case .invoke(let process):
        guard calls.count < operations else { continue }
        let number = calls.count
        let call = makeCall(Int64(process), number, &random)
        calls.append(call)
        records.append(
          HistoryRecord(
            process: call.process, kind: .invoke, function: call.function, key: call.key,
            value: call.argument,
            time: now))
        let effect = now + Int64.random(in: 1...50, using: &random)
        let end = effect + Int64.random(in: 1...50, using: &random)
        if call.kind == .ok {
          schedule(.effect(call: number), at: effect)
        } else if call.kind == .info, random.chance(0.5) {
          schedule(.effect(call: number), at: now + Int64.random(in: 1...1_000, using: &random))
        }
        schedule(.end(call: number), at: end)
      case .effect(let number):
        let call = calls[number]
        calls[number].result = object.perform(call.function, key: call.key, call.argument)
      case .end(let number):
        let call = calls[number]
        records.append(
          HistoryRecord(
            process: call.process, kind: call.kind, function: call.function, key: call.key,
            value: call.kind == .ok ? call.result ?? .null : .null, time: now))
        schedule(
          .invoke(process: Int(call.process)), at: now + Int64.random(in: 0...max(pause, 0), using: &random))
      }
    }
    return records
  }

  private func makeCall(_ process: Int64, _ number: Int, _ random: inout SplitMix64) -> Call {
    let function = (functions ?? defaultFunctions).randomElement(using: &random) ?? "read"
    func value() -> JSONValue {
      .integer(valueRange.map { Int64.random(in: 1...$0, using: &random) } ?? Int64(number + 1))
    }
    let argument: JSONValue =
      switch function {
      case "write", "enqueue": value()
      case "cas":
        [.integer(Int64.random(in: 1...(valueRange ?? Int64(number + 1)), using: &random)), value()]
      case "add": .integer(Int64.random(in: 1...3, using: &random))
      default: .null
      }
    let kind: HistoryRecord.Kind =
      random.chance(openShare) ? .info : random.chance(failShare) ? .fail : .ok
    return Call(
      process: process, function: function, key: .integer(Int64.random(in: 1...Int64(keys), using: &random)),
      argument: argument, result: nil, kind: kind)
  }

  private var defaultFunctions: [String] {
    switch model {
    case .register: ["read", "read", "write", "cas"]
    case .keyValue: ["read", "read", "write", "cas", "delete"]
    case .queue: ["enqueue", "dequeue"]
    case .contactCenter: []
    }
  }
}
