// What is broken at the moment, and what may be broken next: values.
import NodeStore

/// A fault that ends by itself.
enum ActiveFault {
  case cuts([(from: Int, to: Int)])
  case quality
  case flap(first: Int, second: Int, remaining: Int, isCut: Bool)
  case throttle(Int)
  case clock(Int)
  case slowDisk(Int)
  case fullDisk(Int)
  case writeErrors(Int)
  case readErrors(Int)
  case crashLoop(Int, remaining: Int)
}

/// What a loss of power does to what is not synced.
enum PowerLoss {
  case losesAll
  /// Some of it stays, some is torn.
  case tears
}

/// When a node promises something to others.
enum PromiseMoment: CaseIterable {
  case vote
  case election
  case acknowledgment
  case answer
}

/// A fault that waits for the moment in which a node promises something.
enum AwaitedFault {
  /// Whatever the promise.
  /// - Parameter powerLoss: without one the machine lives on, and its page cache with it.
  case kill(powerLoss: PowerLoss?, all: Bool)
  /// Who leads a partition, or is about to. Only this other node still reaches it, and is reached by it.
  case isolate(friend: Int?, partition: PartitionID, at: PromiseMoment)
}

struct FaultPlan {
  /// Nodes whose clock is or was wrong: one for the whole seed, because a majority of clocks must be right.
  var wrongClock: Int?
  /// Copies of disks, to be put back.
  var oldDisks: [Int: VirtualDiskImage] = [:]
  var awaited: AwaitedFault?
  /// When it began to wait: one whose moment does not come gives way.
  var awaitedSince: Int64 = 0
  /// Packets are badly treated.
  var hasBadQuality = false
  /// Nodes with a fault of their own that is not over.
  var busy: Set<Int> = []
  /// Nodes whose disk is about to fail in a way that costs it its replicas.
  var failing: Set<Int> = []
  var count = 0
}
