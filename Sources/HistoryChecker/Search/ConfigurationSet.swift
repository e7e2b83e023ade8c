// The memory of the search: which configurations it has been in. Pure; bounded in bytes.

/// A set of configurations, each a short run of words, stored whole: two are the same only if all words are.
struct ConfigurationSet {
  enum Insertion: Equatable {
    case inserted
    case known
    /// There is no room within the limit.
    case full
  }

  /// Runs of words, each after its length.
  private var words: [UInt64] = []
  /// Open addressing. Upper 24 bits: part of the hash; lower 40: the place in `words` plus one. Zero is free.
  private var slots: [UInt64]
  private var count = 0
  private var wordCapacity: Int
  private let byteLimit: Int

  private static let placeMask: UInt64 = (1 << 40) - 1

  init(byteLimit: Int) {
    self.byteLimit = byteLimit
    slots = Array(repeating: 0, count: 1 << 10)
    wordCapacity = 1 << 12
    words.reserveCapacity(wordCapacity)
  }

  var bytes: Int { (wordCapacity + slots.count) * 8 }

  /// - Parameter other: what else the search holds under the same limit, in bytes.
  mutating func insert(_ configuration: [UInt64], besides other: Int) -> Insertion {
    guard bytes + other <= byteLimit else { return .full }
    let hash = Self.hash(configuration)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      if slots[slot] >> 40 == hash >> 40, holds(configuration, at: Int(slots[slot] & Self.placeMask) - 1) {
        return .known
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard makeRoom(for: configuration.count + 1, besides: other) else { return .full }
    if (count + 1) * 3 > slots.count * 2 {
      guard growSlots(besides: other) else { return .full }
      slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    }
    slots[slot] = (hash >> 40) << 40 | UInt64(words.count + 1)
    words.append(UInt64(configuration.count))
    words.append(contentsOf: configuration)
    count += 1
    return .inserted
  }

  private func holds(_ configuration: [UInt64], at place: Int) -> Bool {
    guard words[place] == UInt64(configuration.count) else { return false }
    for index in configuration.indices where words[place + 1 + index] != configuration[index] { return false }
    return true
  }

  /// While it grows, the old and the new storage exist together: both count.
  private mutating func makeRoom(for more: Int, besides other: Int) -> Bool {
    guard words.count + more > wordCapacity else { return true }
    let wanted = max(wordCapacity * 2, words.count + more)
    guard bytes + other + wanted * 8 <= byteLimit, wanted < Int(Self.placeMask) else { return false }
    words.reserveCapacity(wanted)
    wordCapacity = wanted
    return true
  }

  private mutating func growSlots(besides other: Int) -> Bool {
    guard bytes + other + slots.count * 16 <= byteLimit else { return false }
    var grown = Array(repeating: UInt64(0), count: slots.count * 2)
    var place = 0
    while place < words.count {
      let length = Int(words[place])
      let hash = Self.hash(words[(place + 1)..<(place + 1 + length)])
      var slot = Int(truncatingIfNeeded: hash) & (grown.count - 1)
      while grown[slot] != 0 { slot = (slot + 1) & (grown.count - 1) }
      grown[slot] = (hash >> 40) << 40 | UInt64(place + 1)
      place += length + 1
    }
    slots = grown
    return true
  }

  private static func hash(_ words: some Sequence<UInt64>) -> UInt64 {
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
    for word in words {
      hash = (hash ^ word) &* 0xBF58_476D_1CE4_E5B9
      hash ^= hash >> 29
    }
    hash = (hash ^ hash >> 32) &* 0x94D0_49BB_1331_11EB
    return hash ^ hash >> 31
  }
}
