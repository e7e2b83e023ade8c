// What the tests on virtual disks share: opening, writing, and saying what came back.
import ClusterTestKit
import NodeStore
import Raft
import Testing

func openCore(
  _ disk: VirtualDisk, readModels: [ReadModelTable] = [], faults: StoreFaults = .none,
  limits: LogUpkeepLimits = LogUpkeepLimits()
) throws(StoreError) -> StoreCore {
  try StoreCore(
    directory: disk.directory, identity: testIdentity, readModels: readModels, faults: faults, limits: limits,
    files: disk.files)
}

/// The error of an open that must fail.
func openError(_ disk: VirtualDisk) -> StoreError? {
  do throws(StoreError) {
    _ = try openCore(disk)
    return nil
  } catch {
    return error
  }
}

/// Every kind of upkeep happens all the time.
var busyUpkeep: LogUpkeepLimits {
  var limits = LogUpkeepLimits()
  limits.walBytes = 40_000
  (limits.trimRows, limits.stepRows, limits.idleStepRows, limits.carryRows) = (1, 2, 3, 2)
  (limits.vacuumBytes, limits.vacuumPages, limits.idleVacuumPages, limits.batchesPerVacuum) = (0, 2, 3, 2)
  return limits
}

extension StoreCore {
  /// One request, one transaction.
  func write(_ partition: UInt32, _ request: PersistRequest) -> StoreError? {
    write([(PartitionID(rawValue: partition), request)]).first?.error
  }

  /// The last entry's index of a partition as it was found.
  func lastRecovered(_ partition: UInt32) -> LogIndex {
    recovered[PartitionID(rawValue: partition)]?.entries.last?.index ?? 0
  }
}
