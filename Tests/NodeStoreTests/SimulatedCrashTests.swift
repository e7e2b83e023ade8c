// Random batches and crashes between any two changes of the disk: what was acknowledged is there, and nothing else.
import ClusterTestKit
import NodeStore
import Raft
import Testing

@Suite struct SimulatedCrashTests {
  /// One run. Returns what was wrong, in words; empty when every promise held.
  private func run(seed: UInt64, faults: StoreFaults = .none, limits: LogUpkeepLimits = LogUpkeepLimits())
    -> [String]
  {
    var random = SplitMix64(seed: seed)
    var decisions = SplitMix64(seed: seed &* 77)
    let disk = VirtualFileSystem(seed: seed).disk("node")
    var model = LogModel()
    var incarnation: UInt64 = 0
    var problems: [String] = []
    for life in 0..<12 {
      // Sometimes the power fails while the store opens.
      if life % 4 == 3 { disk.freeze(afterChanges: Int.random(in: 0..<12, using: &random)) }
      let core: StoreCore
      do throws(StoreError) {
        core = try openCore(disk, faults: faults, limits: limits)
      } catch {
        if case .damaged = error { return problems + ["life \(life): \(error)"] }
        disk.crash(using: &decisions)
        continue
      }
      if core.recovered != model.logs {
        problems.append("life \(life): the log is not what was acknowledged")
      }
      if core.incarnation <= incarnation { problems.append("life \(life): the incarnation went back") }
      if !core.damagedPartitions.isEmpty { problems.append("life \(life): \(core.damagedPartitions)") }
      if core.suspectedBecause != nil { problems.append("life \(life): suspected") }
      incarnation = core.incarnation
      model = LogModel(core.recovered)
      let next = work(core, disk, &model, life, &random)
      disk.crash(using: &decisions)
      core.abandon()
      // What was on its way may be there or not: the log that is found decides, in the next life.
      guard let next else { continue }
      do throws(StoreError) {
        let found = try openCore(disk, faults: faults, limits: limits)
        incarnation = found.incarnation
        if found.recovered == next.logs { model = next }
        disk.crash(using: &decisions)
      } catch {
        problems.append("life \(life): \(error)")
        return problems
      }
    }
    return problems
  }

  /// Writes until the disk stops. Returns the model with the batch that was not acknowledged, if there was one.
  private func work(
    _ core: StoreCore, _ disk: VirtualDisk, _ model: inout LogModel, _ life: Int, _ random: inout SplitMix64
  ) -> LogModel? {
    let stop = Int.random(in: 0..<150, using: &random)
    disk.freeze(afterChanges: stop)
    for _ in 0..<60 {
      var next = model
      var batch: [(PartitionID, PersistRequest)] = []
      for _ in 0..<Int.random(in: 1..<4, using: &random) {
        let partition = PartitionID(rawValue: UInt32.random(in: 0..<3, using: &random))
        let request = next.randomRequest(of: partition, maximumPayload: 9000, using: &random)
        next.take(request, of: partition)
        batch.append((partition, request))
      }
      guard core.write(batch).allSatisfy({ $0.error == nil }) else { return next }
      model = next
      if Int.random(in: 0..<8, using: &random) == 0 { core.keepUp() }
    }
    return nil
  }

  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func acknowledgedSurvives(seed: UInt64) {
    let problems = run(seed: seed)
    #expect(problems.isEmpty, "seed \(seed): \(problems)")
  }

  /// Old batches are deleted, free pages given back and the WAL copied all the time.
  @Test(arguments: 101...124 as ClosedRange<UInt64>)
  func acknowledgedSurvivesUpkeep(seed: UInt64) {
    let problems = run(seed: seed, limits: busyUpkeep)
    #expect(problems.isEmpty, "seed \(seed): \(problems)")
  }

  /// The same runs notice a log that is not synced. No `kill -9` test does.
  @Test func withoutSyncAcknowledgedIsLost() {
    let failing = (1...12 as ClosedRange<UInt64>).filter {
      !run(seed: $0, faults: unsyncedLog).isEmpty
    }
    #expect(failing.count > 8, "only these seeds noticed: \(failing)")
  }

  private var unsyncedLog: StoreFaults {
    var faults = StoreFaults.none
    faults.logWithoutSync = true
    return faults
  }
}
