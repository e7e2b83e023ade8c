// What a loop does so that a piece of work that crashes nodes does not crash them all.
internal import Logging
internal import NIOConcurrencyHelpers
internal import NodeStore

extension PartitionLoop {
  /// Gives a replica the loop's place for notes, and what is known.
  func equip(_ partition: PartitionID) {
    hosts[partition]?.notes = services.crashes.notes(ofLoop: number)
    hosts[partition]?.poison = services.crashes.verdicts
  }

  /// Before each event, so that what a node said in its greeting holds for all that it sends.
  func heedCrashes() {
    let version = services.crashes.version
    guard version != crashesVersion else { return }
    crashesVersion = version
    let verdicts = services.crashes.verdicts
    for partition in hosts.keys { hosts[partition]?.poison = verdicts }
  }

  func saySetAside(_ message: DurableMessage, _ work: String, _ crashes: Int, _ partition: PartitionID) {
    services.logger.critical(
      "a durable message or timer that crashes nodes was set aside: it had no effect and never will, and what is behind it goes on; it is kept in the partition's state for people",
      metadata: [
        "partition": "\(partition.rawValue)", "work": "\(work)", "actor": "\(message.to)",
        "method": "\(message.method)", "crashes": "\(crashes)",
      ])
  }
}

extension NodeHost {
  /// Work that one node died of waits for those nodes that cannot say whether they did.
  func observeAbsence() {
    let heard = peers.withLockedValue { $0.agreeing }
    services.crashes.observe(
      isSomebodyAway: view.expected.contains { $0 != services.node && !heard.contains($0) },
      at: clock.monotonic())
  }
}
