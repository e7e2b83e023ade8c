// What a node makes of its disk's room and speed: when it gives leaderships away, and when it takes them again.
import ActorCluster
import ClusterTestKit
import NodeStore
import Testing

@Suite struct DiskHealthTests {
  private static let gigabyte: UInt64 = 1 << 30
  private static let megabyte: UInt64 = 1 << 20

  /// A disk of 100 GB: low below 2 GB, reserved below 256 MB.
  private static func room(_ free: UInt64, isFull: Bool = false) -> DiskObservation {
    var seen = DiskObservation()
    seen.space = DiskSpace(free: free, total: 100 * gigabyte)
    seen.isFull = isFull
    return seen
  }

  private static func speed(_ own: UInt64?, others: [UInt64]) -> DiskObservation {
    var seen = room(50 * gigabyte)
    seen.commitMicroseconds = own
    seen.others = others
    return seen
  }

  @Test func lessRoomIsBelievedAtOnceAndMoreAfterAWhile() {
    var health = DiskHealth(settings: DiskSettings())
    #expect(health.observe(Self.room(50 * Self.gigabyte), at: 0) == [])
    #expect(health.level == .well)
    let low = health.observe(Self.room(2 * Self.gigabyte - 1), at: 1_000)
    #expect(low.map(\.level) == [.low])
    #expect(low.first?.words.contains("2047 MB of 100 GB are free") == true)
    let reserved = health.observe(Self.room(256 * Self.megabyte - 1), at: 2_000)
    #expect(reserved.map(\.level) == [.reserved])
    #expect(!health.level.mayLead)
    #expect(!health.level.takesCommands)
    #expect(health.observe(Self.room(0, isFull: true), at: 3_000).map(\.level) == [.full])
    #expect(health.level == .full)
    // Some room: not enough to be out of the reserve, which 1.2 times 256 MB would be.
    #expect(health.observe(Self.room(300 * Self.megabyte), at: 4_000) == [])
    #expect(health.observe(Self.room(300 * Self.megabyte), at: 8_999) == [])
    #expect(health.observe(Self.room(300 * Self.megabyte), at: 9_000).map(\.level) == [.reserved])
    #expect(health.observe(Self.room(50 * Self.gigabyte), at: 10_000) == [])
    #expect(health.observe(Self.room(50 * Self.gigabyte), at: 15_000).map(\.level) == [.well])
    #expect(health.level == .well)
  }

  @Test func aSmallDiskHasALowerWatermark() {
    var health = DiskHealth(settings: DiskSettings())
    var seen = DiskObservation()
    seen.space = DiskSpace(free: 900 * Self.megabyte, total: 8 * Self.gigabyte)
    #expect(health.observe(seen, at: 0) == [])
    seen.space = DiskSpace(free: 800 * Self.megabyte, total: 8 * Self.gigabyte)
    #expect(health.observe(seen, at: 1).map(\.level) == [.low])
    #expect(health.level.mayLead)
  }

  @Test func roomThatNobodyKnowsIsNoTrouble() {
    var health = DiskHealth(settings: DiskSettings())
    #expect(health.observe(DiskObservation(), at: 0) == [])
    var full = DiskObservation()
    full.isFull = true
    #expect(health.observe(full, at: 1).map(\.level) == [.full])
    _ = health.observe(DiskObservation(), at: 2)
    #expect(health.observe(DiskObservation(), at: 5_002).map(\.level) == [.well])
  }

  @Test func aSlowDiskIsBelievedAfterTenSecondsAndAQuickOneAfterThirty() {
    var health = DiskHealth(settings: DiskSettings())
    for time in stride(from: 0, to: 10_000, by: 500) as StrideTo<Int64> {
      #expect(health.observe(Self.speed(200_000, others: [150, 200]), at: time) == [])
    }
    let slow = health.observe(Self.speed(200_000, others: [150, 200]), at: 10_000)
    #expect(slow.map(\.level) == [.slow])
    #expect(slow.first?.words.contains("200.0 ms") == true)
    #expect(!health.level.mayLead)
    #expect(health.level.takesCommands)
    for time in stride(from: 10_500, to: 40_500, by: 500) as StrideTo<Int64> {
      #expect(health.observe(Self.speed(180, others: [150, 200]), at: time) == [])
    }
    #expect(health.observe(Self.speed(180, others: [150, 200]), at: 40_500).map(\.level) == [.well])
  }

  @Test func aMomentOfSpeedEndsTheSuspicionAndAMomentOfSlownessTheRecovery() {
    var health = DiskHealth(settings: DiskSettings())
    _ = health.observe(Self.speed(200_000, others: [200]), at: 0)
    _ = health.observe(Self.speed(100, others: [200]), at: 9_500)
    _ = health.observe(Self.speed(200_000, others: [200]), at: 10_000)
    #expect(health.observe(Self.speed(200_000, others: [200]), at: 19_500) == [])
    #expect(health.observe(Self.speed(200_000, others: [200]), at: 20_000).map(\.level) == [.slow])
    _ = health.observe(Self.speed(100, others: [200]), at: 21_000)
    // Neither slow nor quick: the thirty seconds begin anew after it.
    _ = health.observe(Self.speed(15_000, others: [200]), at: 50_000)
    #expect(health.observe(Self.speed(100, others: [200]), at: 51_000) == [])
    #expect(health.observe(Self.speed(100, others: [200]), at: 80_999) == [])
    #expect(health.observe(Self.speed(100, others: [200]), at: 81_000).map(\.level) == [.well])
  }

  /// Disks that are all slow, a disk that is not slow enough to matter, and one that is alone.
  @Test(
    arguments: [
      ([200_000, 190_000], 200_000), ([100, 150], 19_000), ([3_000, 3_000], 23_000), ([], 900_000),
    ] as [([UInt64], UInt64)])
  func whatIsNotSlowBesideTheOthersStays(others: [UInt64], own: UInt64) {
    var health = DiskHealth(settings: DiskSettings())
    for time in stride(from: 0, through: 60_000, by: 500) as StrideThrough<Int64> {
      #expect(health.observe(Self.speed(own, others: others), at: time) == [])
    }
    #expect(health.level == .well)
  }

  /// Two of three are slow: both say so, and the third leads.
  @Test func theBetterOfTwoOthersIsTheMeasure() {
    #expect(DiskHealth.lowerMedian([200_000, 150]) == 150)
    #expect(DiskHealth.lowerMedian([5, 1, 3]) == 3)
    #expect(DiskHealth.lowerMedian([]) == nil)
  }

  /// A slow disk without any commits does no harm: it is tried again.
  @Test func aDiskWithoutCommitsIsTriedAgain() {
    var health = DiskHealth(settings: DiskSettings())
    _ = health.observe(Self.speed(200_000, others: [200]), at: 0)
    #expect(health.observe(Self.speed(200_000, others: [200]), at: 10_000).map(\.level) == [.slow])
    _ = health.observe(Self.speed(nil, others: []), at: 11_000)
    #expect(health.observe(Self.speed(nil, others: []), at: 41_000).map(\.level) == [.well])
  }

  /// Whatever the disk does: never better sooner than the calm after it became worse, and never two alarms of one kind
  /// that say the same.
  @Test(arguments: 0..<40 as Range<UInt64>) func itNeverFlaps(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var health = DiskHealth(settings: DiskSettings())
    var time: Int64 = 0
    var lastRoom: (level: DiskLevel, at: Int64) = (.well, -1_000_000)
    var lastSpeed: (level: DiskLevel, at: Int64) = (.well, -1_000_000)
    var changes = 0
    // It stays as it is for a while and wavers about the watermarks now and then.
    var frees: [UInt64] = [0]
    var speeds: [UInt64?] = [nil]
    for step in 0..<4_000 {
      time += Int64(random.next() % 900) + 100
      if step % 40 == 0 {
        frees = (0..<Int(random.next() % 2 + 1)).map { _ in
          [0, 200, 250, 260, 300, 310, 1_900, 2_100, 2_500, 50_000][Int(random.next() % 10)] * Self.megabyte
        }
        speeds = (0..<Int(random.next() % 2 + 1)).map { _ in
          [nil, 100, 9_000, 15_000, 21_000, 400_000][Int(random.next() % 6)]
        }
      }
      var seen = Self.room(frees[Int(random.next() % UInt64(frees.count))])
      seen.isFull = seen.space?.free == 0
      seen.commitMicroseconds = speeds[Int(random.next() % UInt64(speeds.count))]
      seen.others = [150, 300]
      for alarm in health.observe(seen, at: time) {
        changes += 1
        if alarm.isSpeed {
          #expect(alarm.level != lastSpeed.level)
          let calm = alarm.level == .well ? DiskHealth.slowCalm : DiskHealth.slowPatience
          #expect(time - lastSpeed.at >= calm)
          lastSpeed = (alarm.level, time)
        } else {
          let order: [DiskLevel] = [.well, .low, .reserved, .full]
          let (old, new) = (order.firstIndex(of: lastRoom.level), order.firstIndex(of: alarm.level))
          #expect(old != new)
          if let old, let new, new < old { #expect(time - lastRoom.at >= DiskHealth.roomCalm) }
          lastRoom = (alarm.level, time)
        }
      }
      let worst: DiskLevel =
        switch (lastRoom.level, lastSpeed.level) {
        case (.full, _): .full
        case (.reserved, _): .reserved
        case (_, .slow): .slow
        case (let room, _): room
        }
      #expect(health.level == worst)
    }
    #expect(changes > 10)
  }
}
