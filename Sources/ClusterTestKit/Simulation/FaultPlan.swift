// What is broken at the moment, and what may be broken next: values.

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

struct FaultPlan {
  /// Nodes whose clock is or was wrong: one for the whole seed, because a majority of clocks must be right.
  var wrongClock: Int?
  /// Copies of disks, to be put back.
  var oldDisks: [Int: VirtualDiskImage] = [:]
  /// Packets are badly treated.
  var hasBadQuality = false
  /// Nodes with a fault of their own that is not over.
  var busy: Set<Int> = []
  var count = 0
}
