// What a loop does now and then so that the node's files stay small.
internal import NodeStore

extension PartitionLoop {
  static let upkeepMilliseconds: Int64 = 1_000

  /// Tells the partitions whether the state file is too large, and the one that keeps the log long to let go of it: a quiet
  /// partition has no reason of its own to compact.
  func tendFiles(_ moment: Moment) {
    guard moment.monotonic - lastUpkeep >= Self.upkeepMilliseconds else { return }
    lastUpkeep = moment.monotonic
    let isLarge = retention.stateBytes.map { services.store.stateBytes > $0 } ?? false
    for partition in hosts.keys { hosts[partition]?.isStateTooLarge = isLarge }
    if let pressure = services.store.logPressure(), pressure.bytes > retention.logBytes {
      hosts[pressure.partition]?.releaseLog()
    }
    giveUpLogs(moment)
  }

  /// Has replicas replaced that stopped and keep too much, where all the others vote meanwhile.
  private func giveUpLogs(_ moment: Moment) {
    for partition in hosts.keys.sorted() where hosts[partition]?.isOutgrown == true {
      guard let voters = hosts[partition]?.alarmPartition.voters else { continue }
      let others = Set(voters.flatMap { $0 }).subtracting([services.node])
      guard services.operations.mayGiveUp(partition, others: others, own: services.node, at: moment.monotonic)
      else { continue }
      hosts[partition]?.giveUpLog()
      touched.insert(partition)
    }
  }
}
