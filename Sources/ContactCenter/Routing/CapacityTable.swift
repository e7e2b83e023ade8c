// A capacity model made ready to be asked with every match. Pure.

/// The same answers as `CapacityModel.takes`, for all channels at once, from whole numbers side by side.
struct CapacityTable: Sendable {
  private var isShares = false
  /// By channel: its cost, of shares; 1, of numbers.
  private var cost = SIMD8<Int32>(repeating: 1)
  /// By channel: what must be free, of shares; how many there may be, of numbers. 0 for a channel that is not offered.
  private var limit = SIMD8<Int32>()
  /// By channel that is offered, as bits: what does not count beside it.
  private var setAside = SIMD8<UInt8>()
  /// What may be taken in all.
  private var total: Int64 = .max

  init(_ model: CapacityModel) {
    switch model.rule {
    case .shares(let shares):
      isShares = true
      total = 100
      for channel in Channel.allCases {
        cost[channel.index] = Self.bounded(shares[channel]?.cost ?? 100)
        limit[channel.index] = shares[channel].map { Self.bounded(max(1, $0.spare)) } ?? 0
      }
    case .numbers(let numbers, let total):
      if let total { self.total = Int64(total) }
      for channel in Channel.allCases { limit[channel.index] = Self.bounded(numbers[channel, default: 0]) }
    }
    for held in Channel.allCases {
      for channel in Channel.allCases where model.interruptible[held]?.contains(channel) == true {
        setAside[channel.index] |= 1 << UInt8(held.index)
      }
    }
  }

  /// What an agent who holds this, and was asked that, may be asked to take.
  func open(beside held: ChannelLoad, _ asked: ChannelLoad) -> ChannelSet {
    let load = held.counts &+ asked.counts
    var open = ChannelSet()
    for index in 0..<8 where limit[index] > 0 {
      guard isShares || load[index] < limit[index] else { continue }
      var taken: Int64 = 0
      for other in 0..<8 where load[other] > 0 && setAside[index] & (1 << UInt8(other)) == 0 {
        taken += Int64(load[other]) * Int64(cost[other])
      }
      if isShares ? total - taken >= Int64(limit[index]) : taken < total { open.insert(index) }
    }
    return open
  }

  private static func bounded(_ value: Int) -> Int32 { Int32(max(0, min(1_000_000, value))) }
}

/// A few channels in one byte.
struct ChannelSet: Hashable, Sendable {
  private var bits: UInt8 = 0

  func contains(_ channel: Channel) -> Bool { contains(UInt8(channel.index)) }
  func contains(_ index: UInt8) -> Bool { bits & (1 << index) != 0 }
  mutating func insert(_ index: Int) { bits |= 1 << UInt8(index) }
  var isEmpty: Bool { bits == 0 }
}

extension Channel {
  /// 0 to 7, in memory only.
  var index: Int {
    switch self {
    case .voice: 0
    case .email: 1
    case .chat: 2
    case .sms: 3
    case .social: 4
    case .wechat: 5
    case .callback: 6
    case .task: 7
    }
  }
}
