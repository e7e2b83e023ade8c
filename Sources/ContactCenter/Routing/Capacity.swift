// How much work of which channels an agent takes at a time. Pure.

/// How much of each channel an agent holds: 0 to 1,000,000 each.
public struct ChannelLoad: Codable, Hashable, Sendable {
  /// In order of `Channel.index`: no allocation, as routing changes it with every match.
  private(set) var counts = SIMD8<Int32>()

  public init(_ counts: [Channel: Int] = [:]) {
    for (channel, count) in counts { self[channel] = count }
  }

  public subscript(channel: Channel) -> Int {
    get { Int(counts[channel.index]) }
    set { counts[channel.index] = Int32(max(0, min(1_000_000, newValue))) }
  }

  public var total: Int { Int(counts.wrappedSum()) }

  public init(from decoder: any Decoder) throws { self.init(try [Channel: Int](from: decoder)) }

  public func encode(to encoder: any Encoder) throws {
    let held = Channel.allCases.filter { self[$0] > 0 }
    try Dictionary(uniqueKeysWithValues: held.map { ($0, self[$0]) }).encode(to: encoder)
  }
}

/// When an agent may be offered one more interaction of a channel.
///
/// Two models are in use. In *shares* each channel costs a share of an agent and asks for a spare share before it is offered: with
/// voice at cost 100 and spare 50, chat 25 and 25, e-mail 25 and 100, an agent in three chats may get a fourth, but no e-mail. In
/// *numbers* there are so many of each channel at once, and so many in all.
public struct CapacityModel: Codable, Hashable, Sendable {
  /// Percent of an agent.
  public struct Share: Codable, Hashable, Sendable {
    /// 0 to 100.
    public var cost: Int
    /// What must be free before another is offered: 1 to 100.
    public var spare: Int

    public init(cost: Int, spare: Int) {
      (self.cost, self.spare) = (cost, spare)
    }
  }

  public enum Rule: Codable, Hashable, Sendable {
    /// None of a channel that is not there.
    case shares([Channel: Share])
    /// None of a channel that is not there; `total` nil for as many as the channels allow.
    case numbers([Channel: Int], total: Int?)
  }

  public var rule: Rule
  /// Work that may be put aside, and by what: an e-mail by a call, not by a chat. What may be put aside does not count when
  /// room is looked for on a channel that may put it aside.
  public var interruptible: [Channel: [Channel]]

  public init(_ rule: Rule, interruptible: [Channel: [Channel]] = [:]) {
    (self.rule, self.interruptible) = (rule, interruptible)
  }

  /// One call at a time, and nothing else.
  public static let oneCall = CapacityModel(.numbers([.voice: 1], total: nil))

  /// Whether an agent who holds this load may be offered one more of the channel.
  public func takes(_ channel: Channel, beside load: ChannelLoad) -> Bool {
    switch rule {
    case .shares(let shares):
      guard let share = shares[channel] else { return false }
      return spare(for: channel, beside: load, shares) >= max(1, share.spare)
    case .numbers(let numbers, let total):
      guard load[channel] < numbers[channel, default: 0] else { return false }
      guard let total else { return true }
      return counted(load, for: channel) { $1 } < total
    }
  }

  /// Percent of the agent that is free for the channel; below 0 where more was taken than there is.
  public func spare(for channel: Channel, beside load: ChannelLoad) -> Int? {
    guard case .shares(let shares) = rule else { return nil }
    return spare(for: channel, beside: load, shares)
  }

  private func spare(for channel: Channel, beside load: ChannelLoad, _ shares: [Channel: Share]) -> Int {
    100 - counted(load, for: channel) { held, count in count * (shares[held]?.cost ?? 100) }
  }

  /// The sum over what counts when room for the channel is looked for.
  private func counted(
    _ load: ChannelLoad, for channel: Channel, _ weight: (Channel, Int) -> Int
  ) -> Int {
    Channel.allCases.reduce(0) { sum, held in
      let count = load[held]
      guard count > 0, interruptible[held]?.contains(channel) != true else { return sum }
      return sum + weight(held, count)
    }
  }

  /// What is wrong with it, in words; nil when nothing is.
  public var problem: String? {
    func range(_ value: Int, _ range: ClosedRange<Int>, _ what: String) -> String? {
      range.contains(value) ? nil : "\(what) must be \(range.lowerBound) to \(range.upperBound), is \(value)"
    }
    switch rule {
    case .shares(let shares):
      for (channel, share) in shares.sorted(by: { $0.key < $1.key }) {
        if let problem = range(share.cost, 0...100, "the cost of \(channel)")
          ?? range(share.spare, 1...100, "the spare share for \(channel)")
        {
          return problem
        }
      }
    case .numbers(let numbers, let total):
      for (channel, number) in numbers.sorted(by: { $0.key < $1.key }) {
        if let problem = range(number, InputLimits.capacity, "the number of \(channel)") { return problem }
      }
      if let total, let problem = range(total, 0...1_000, "the total") { return problem }
    }
    return nil
  }
}
