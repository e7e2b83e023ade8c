// How old the answers of stale reads are, for those who asked.
internal import NodeStore

extension PartitionLoop {
  /// Before the call is answered.
  func tellAge(of call: CallID, _ partition: PartitionID) {
    guard !ageListeners.isEmpty, let onAge = ageListeners.removeValue(forKey: call),
      let age = hosts[partition]?.takeAge(of: call)
    else { return }
    onAge(age)
  }
}
