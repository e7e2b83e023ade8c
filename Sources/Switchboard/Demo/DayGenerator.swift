// Makes up a day of a bank's call center from a seed. Pure.

/// A generated day: 7:00 to 19:00 with a steep morning, a lunch dip and an afternoon peak; lognormal service times, exponential
/// patience and three queues, as Brown, Gans, Mandelbaum and others (2005) describe a bank's calls. The same seed and number of
/// calls give the same day.
package struct DayGenerator: Sendable {
  package static let opening = 7.0
  package static let closing = 19.0
  static let meanService = 165.0
  static let meanPatience = 330.0
  /// One caller in four is a preferred customer.
  static let preferredShare = 0.25

  /// How busy the center is at an hour, relative to its peak: straight lines between these points.
  static let profile: [(hour: Double, rate: Double)] = [
    (7, 0.25), (8.5, 0.9), (10.5, 1), (12.5, 0.75), (13.5, 0.7), (15.5, 0.95), (17, 0.75), (19, 0.35),
  ]
  /// Regular services, new customers, internet banking.
  static let queueShares: [(queue: String, share: Double)] = [("PS", 0.74), ("NW", 0.19), ("IN", 0.07)]

  private let seed: UInt64
  private let count: Int

  /// - Parameter calls: how many, at least one.
  package init(seed: UInt64, calls: Int) {
    self.seed = seed
    self.count = max(1, calls)
  }

  package func plan() -> DayPlan {
    var random = DemoRandom(seed: seed)
    let arrivals = (0..<count).map { _ in arrival(&random) }.sorted()
    let calls = arrivals.enumerated().map { index, arrival in
      DayPlan.Call(
        number: index + 1, arrival: arrival, queue: queue(&random),
        priority: random.unit() < Self.preferredShare ? 1 : 0,
        customer: "c\(1 + random.index(below: count * 2 / 3))",
        patience: 5 + random.exponential(mean: Self.meanPatience - 5),
        service: min(1_800, 10 + random.lognormal(mean: Self.meanService - 10, spread: 1)))
    }
    var plan = DayPlan(
      title: "a generated day of a bank, seed \(seed): \(count) calls from 7:00 to 19:00",
      queues: Self.queueShares.map(\.queue).sorted(), calls: calls, agents: Self.staff(for: count),
      wrapUp: 20,
      recorded: nil)
    plan.keepLastShift(margin: 1_800)
    return plan
  }

  /// Relative rate at an hour of the day; 0 outside of the opening hours.
  package static func rate(atHour hour: Double) -> Double {
    for (left, right) in zip(profile, profile.dropFirst()) where hour >= left.hour && hour <= right.hour {
      return left.rate + (right.rate - left.rate) * (hour - left.hour) / (right.hour - left.hour)
    }
    return 0
  }

  /// By rejection: given their number, the arrivals of a Poisson process are independent draws from its rate.
  private func arrival(_ random: inout DemoRandom) -> Double {
    while true {
      let hour = Self.opening + (Self.closing - Self.opening) * random.unit()
      if random.unit() < Self.rate(atHour: hour) { return (hour - Self.opening) * 3_600 }
    }
  }

  private func queue(_ random: inout DemoRandom) -> String {
    var rest = random.unit()
    for (queue, share) in Self.queueShares {
      if rest < share { return queue }
      rest -= share
    }
    return Self.queueShares[0].queue
  }

  /// Enough for the peak by the square-root rule with β near 1, in three overlapping shifts. Everybody takes regular calls,
  /// every second one new customers, every third one internet banking.
  static func staff(for calls: Int) -> [DayPlan.Agent] {
    // The profile's mean rate is near 0.75 of its peak.
    let peakPerSecond = Double(calls) / ((closing - opening) * 3_600) / 0.75
    let load = peakPerSecond * (meanService + 60)
    let onDuty = max(2, Int((load + load.squareRoot()).rounded(.up)))
    let shifts = [(7.0, 15.0), (8.0, 17.0), (11.0, 19.0)]
    return (0..<(onDuty * 4 / 3 + 1)).map { index in
      let (from, to) = shifts[index % shifts.count]
      var queues = ["PS"]
      if index % 2 == 0 { queues.append("NW") }
      if index % 3 != 1 { queues.append("IN") }
      let name = "agent-" + (index < 9 ? "0" : "") + "\(index + 1)"
      return DayPlan.Agent(
        name: name, queues: queues.sorted(),
        shifts: [.init(from: (from - opening) * 3_600, to: (to - opening) * 3_600)])
    }
  }
}
