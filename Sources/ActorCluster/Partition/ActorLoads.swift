// Actors on their way from the disk into memory, and who waits for them: a value.
internal import NodeStore

/// What cannot be decided because an actor is not in memory.
enum ParkedWork: Sendable {
  case call(PartitionCall)
  case batch(MessageBatch)
}

/// Which actors are asked for, and what is to be done when they come. Loads of an earlier epoch, before the state was
/// reloaded as a whole, say nothing any more.
struct ActorLoads: Sendable {
  private(set) var epoch: UInt64 = 1
  private var wanted: [ActorKey] = []
  private var underWay: Set<ActorKey> = []
  /// Read while another state was on its way into the file; to be read again if that does not come.
  private var postponed: [ActorKey] = []
  private var parked: [ParkedWork] = []
  private(set) var parkedCalls = 0

  mutating func want(_ key: ActorKey) {
    if underWay.insert(key).inserted { wanted.append(key) }
  }

  /// To be read now, each once.
  mutating func takeWanted() -> [ActorKey] {
    defer { wanted = [] }
    return wanted
  }

  mutating func arrived(_ key: ActorKey) { underWay.remove(key) }

  mutating func postpone(_ key: ActorKey) { postponed.append(key) }

  mutating func readPostponed() {
    wanted += postponed
    postponed = []
  }

  mutating func park(_ work: ParkedWork) {
    if case .call = work { parkedCalls += 1 }
    parked.append(work)
  }

  /// Messages from there that wait.
  func parkedMessages(from source: PartitionID) -> Int {
    parked.reduce(0) { sum, work in
      if case .batch(let batch) = work, batch.from == source { sum + batch.messages.count } else { sum }
    }
  }

  /// Everything that waits, in the order in which it came; whoever still cannot go on is parked again.
  mutating func takeParked() -> [ParkedWork] {
    defer {
      parked = []
      parkedCalls = 0
    }
    return parked
  }

  /// What is under way concerns a state that is gone. What is parked stays.
  mutating func startEpoch() {
    epoch += 1
    wanted = []
    underWay = []
    postponed = []
  }
}
