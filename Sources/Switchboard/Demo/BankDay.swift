// Turns the recorded calls of one day into a plan: who calls, for how long, and who is there to answer. Pure.

/// The choices that a replay has to make, because a record says what happened and not what would have:
/// - A call arrives when its self-service ends. Calls that never left it, and phantoms, are counted and left out.
/// - Patience is known of those who hung up: their time in the queue. Those who were answered would have waited longer, nobody
///   knows how long: in the replay they never hang up.
/// - Service times are known of those who were answered. Others draw one of the day's own, by their line number.
/// - Priority 2 went ahead in the line; 0 and 1 did not, so they are one priority.
/// - A server is on duty from the start of a service to the end of the last, except for pauses of more than ten minutes,
///   and takes the types that the server took that day. A type that nobody took is everybody's.
/// - Time in which nothing happens for more than an hour is shortened to ten minutes.
package struct BankDay: Sendable {
  static let longPause = 3_600
  /// A server who takes no call for longer is on a break: in a busy center, half of the callers wait meanwhile.
  static let pauseAtWork = 600
  static let pauseKept = 600
  /// A server is there a minute before the first call and after the last.
  static let margin = 60

  private let day: String
  private let calls: [BankCall]

  /// - Parameter day: `1999-02-01`; nil for the first in the file.
  package init(file: BankFile, day: String?) throws(BankFileError) {
    let day = day ?? file.days.first ?? ""
    self.day = day
    calls = try file.calls(on: day)
  }

  package func plan() -> DayPlan {
    let offered = calls.filter(\.wasOffered)
    let clock = QuietTime(busy: offered.map { busySpan(of: $0) })
    let queues = Set(offered.map(\.type)).sorted()
    let known = offered.filter { $0.outcome == .agent && $0.serviceSeconds > 0 }.map(\.serviceSeconds)
    let planned = offered.enumerated().map { index, call in
      DayPlan.Call(
        number: index + 1, arrival: clock.shortened(call.arrival), queue: call.type,
        priority: call.priority == 2 ? 2 : 0, customer: call.customer,
        patience: call.outcome == .hang ? Double(call.queueSeconds) : nil,
        service: Double(serviceTime(of: call, known)))
    }
    return DayPlan(
      title:
        "calls of a bank on \(day): \(offered.count) that reached a queue, \(clock.hoursSkipped) quiet hours shortened",
      queues: queues, calls: planned, agents: agents(offered, queues, clock), wrapUp: 0, recorded: recorded())
  }

  private func recorded() -> RecordedFigures {
    let answered = calls.filter { $0.outcome == .agent }
    let waits = answered.reduce(0) { $0 + $1.queueSeconds }
    return RecordedFigures(
      calls: calls.count, answered: answered.count,
      abandoned: calls.count { $0.outcome == .hang && $0.wasOffered },
      meanWaitSeconds: answered.isEmpty ? 0 : Double(waits) / Double(answered.count),
      leftBeforeQueue: calls.count { $0.outcome == .hang && !$0.wasOffered },
      phantoms: calls.count { $0.outcome == .phantom })
  }

  private func serviceTime(of call: BankCall, _ known: [Int]) -> Int {
    if call.outcome == .agent, call.serviceSeconds > 0 { return call.serviceSeconds }
    var random = DemoRandom(seed: UInt64(call.line))
    return known.isEmpty ? Int(DayGenerator.meanService) : known[random.index(below: known.count)]
  }

  /// From the arrival to the end of whatever came of it.
  private func busySpan(of call: BankCall) -> ClosedRange<Int> {
    let end = call.arrival + call.queueSeconds + call.serviceSeconds
    return (call.arrival - Self.margin)...(end + Self.margin)
  }

  private func agents(_ offered: [BankCall], _ queues: [String], _ clock: QuietTime) -> [DayPlan.Agent] {
    let served = Dictionary(grouping: offered.filter { $0.outcome == .agent && $0.server != nil }) {
      $0.server ?? ""
    }
    let taken = Set(served.values.joined().map(\.type))
    let closing = offered.last?.arrival ?? 0
    let everybodys = queues.filter { !taken.contains($0) }
    return served.sorted { $0.key < $1.key }.map { name, calls in
      let spans = calls.map { call in
        let start =
          call.serviceStart.map { BankCall.after(call.arrival, $0) } ?? call.arrival + call.queueSeconds
        return (start - Self.margin)...(start + call.serviceSeconds + Self.margin)
      }
      return DayPlan.Agent(
        name: name, queues: Set(calls.map(\.type) + everybodys).sorted(),
        shifts: QuietTime.joined(spans, within: Self.pauseAtWork).map {
          // Who worked in the last hour stays until nobody waits, as people do at the end of a day.
          .init(
            from: clock.shortened($0.lowerBound),
            to: $0.upperBound > closing - 3_600 ? nil : clock.shortened($0.upperBound))
        })
    }
  }
}

/// A clock that hurries over time in which nothing happens, and starts at the first thing that does.
struct QuietTime: Sendable {
  private let start: Int
  /// Where a quiet time's shortened part begins and how much is left out of it.
  private let skips: [(at: Int, seconds: Int)]

  init(busy: [ClosedRange<Int>]) {
    let spans = Self.joined(busy, within: BankDay.longPause)
    start = spans.first?.lowerBound ?? 0
    skips = zip(spans, spans.dropFirst()).map { left, right in
      (left.upperBound, right.lowerBound - left.upperBound - BankDay.pauseKept)
    }
  }

  var hoursSkipped: Int { skips.reduce(0) { $0 + $1.seconds } / 3_600 }

  func shortened(_ time: Int) -> Double {
    let skipped = skips.reduce(0) { $0 + max(0, min($1.seconds, time - $1.at)) }
    return Double(max(0, time - start - skipped))
  }

  /// Spans in order, those joined that overlap or are at most so far apart.
  static func joined(_ spans: [ClosedRange<Int>], within gap: Int) -> [ClosedRange<Int>] {
    var joined: [ClosedRange<Int>] = []
    for span in spans.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      if let last = joined.last, span.lowerBound <= last.upperBound + gap {
        joined[joined.count - 1] = last.lowerBound...max(last.upperBound, span.upperBound)
      } else {
        joined.append(span)
      }
    }
    return joined
  }
}
